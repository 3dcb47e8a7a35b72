"""The web application: ``gunicorn app:app``."""

from translator.receive import create_app

app = create_app()
