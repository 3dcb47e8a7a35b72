"""Salesforce's accounts: are group values their keys, and are their columns the groups' properties.

Comes in: an org or an export, group values, the settings. Goes out: what is wrong with which value; groups and what
they are to have, which ``jobs`` sends (syncing.py, trying.py: apart, since they need what delivers). Never here: a
request to Amplitude, a write to Salesforce, a group value that is changed in silence, a secret in a message.
"""

from __future__ import annotations

from translator.salesforce.checking import Held, Value, Values
from translator.salesforce.keys import WORDS
from translator.salesforce.sources import Exported, Live, Source

__all__ = ["WORDS", "Exported", "Held", "Live", "Source", "Value", "Values"]
