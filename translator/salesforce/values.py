"""What Salesforce says of a column → what Amplitude takes for a group property. Pure.

Numbers, booleans and texts stay what they are; dates and times are texts, since JSON has no other word for them and
Amplitude makes texts of them (amplitude-api.md 2.6). Whole numbers lose the ``.0`` that Salesforce gives to each of
them, so that an export and the API say the same.

Nothing (null, an empty cell) is None, which is not sent: Amplitude's docs do not describe null, and its own SDKs take
it out (amplitude-api.md 5.5). Where the property was set before, None is its ``$unset`` (translator/jobs/setting.py),
so that what was emptied at Salesforce does not stand at Amplitude for ever.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from translator.jsontext import without_surrogates

NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
"""A text of an export that is surely a number, to a double's 15 digits: no leading zero, as postal codes have."""


def of_api(value: Any) -> Any:
    """A value as the REST API says it. Of an address, or another value with parts, the parts that there are. Half an
    emoji, which a careless cut leaves, is U+FFFD, as in calls: UTF-8 has it not, and the whole run would end there.
    """
    if isinstance(value, float):
        if not isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, dict):
        parts = {key: of_api(one) for key, one in value.items() if key != "attributes"}
        return {key: one for key, one in parts.items() if one is not None} or None
    if isinstance(value, list):
        # a list within a list would make Amplitude drop the whole (amplitude-api.md 2.1.3)
        items = [of_api(one) for one in value if not isinstance(one, list)]
        return [one for one in items if one is not None] or None
    if isinstance(value, str):
        return without_surrogates(value) if value.strip() else None
    return value


def of_export(text: str) -> Any:
    """A cell of an export, which has texts alone."""
    if not text.strip():
        return None
    if text in ("true", "false"):
        return text == "true"
    if NUMBER.fullmatch(text):
        return of_api(float(text)) if "." in text else int(text)
    return text


def printable(text: str) -> str:
    """A text without what a terminal would obey."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)
