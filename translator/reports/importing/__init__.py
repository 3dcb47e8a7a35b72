"""Segment's own Amplitude (Actions) subscriptions → a translator.toml of this service, and what it cannot say.

``turn``: of a listing, tables and what is named; ``toml``: their text. Nothing is guessed: a key of a mapping that is
neither Segment's default nor something that the configuration has a word for is named, with what to do.
"""

from translator.reports.importing.turned import Named, Turned
from translator.reports.importing.turning import turn
from translator.reports.importing.writing import report, toml

__all__ = ["Named", "Turned", "report", "toml", "turn"]
