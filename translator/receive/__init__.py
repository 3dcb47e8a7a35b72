"""The doors for HTTP. Comes in: requests. Goes out: answers, once what was accepted is on disk.

Never here: meaning, translation, Amplitude, an echo of what was sent.
"""

from translator.receive.app import create_app
from translator.receive.libraries import check_library
from translator.receive.warning import warnings

__all__ = ["check_library", "create_app", "warnings"]
