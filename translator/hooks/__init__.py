"""A function of the user's own, ``translate.hook = "package.module:function"``, around translation.

Comes in: a call, settings, memory. Goes out: a Translation. Outside the promise of purity: the function runs in a
process of its own. Never here: a way for it to stop delivery, since what it raises, or does not finish, makes a dead
letter.
"""

from translator.hooks.around import Translator, check_hook, translator

__all__ = ["Translator", "check_hook", "translator"]
