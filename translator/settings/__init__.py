"""The configuration. Comes in: translator.toml and the environment. Goes out: frozen values (``values``).

Never here: an idea of what a setting is used for. Only ``load`` reads the environment.
"""
