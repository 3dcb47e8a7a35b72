"""Which calls somebody looks for. Pure.

A call's parts are looked at in the cheapest order, so that some thousands of calls are searched while somebody waits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from translator import jsontext
from translator.errors import NotJson
from translator.parcels import CALL_TYPES, Json
from translator.sights import STATES, Fate, Kept

REFUSED = "refused"
"""Beside the states of a call: messages that were no calls."""

MOST_CHARACTERS = 1000
CHOICES: Mapping[str, tuple[str, ...]] = {"type": CALL_TYPES, "state": (*STATES, REFUSED)}


Groups = Callable[[Kept], Mapping[str, tuple[str, ...]]]
"""The groups of a call: type to values."""


@dataclass(frozen=True)
class Query:
    """What is asked for; "" for anything. ``text``: anywhere in the raw call, in any case. ``event``: a track call's
    event, a page's or screen's name. ``user``: a userId or anonymousId. ``group``: a groupId, or the value of a trait,
    property or option that may name a group. ``source``: whose it is: ``webhook``, or a name of segment.write_keys.
    ``reason``: why it waits, was ignored or is dead, at any destination."""

    text: str = ""
    type: str = ""
    event: str = ""
    user: str = ""
    group: str = ""
    source: str = ""
    state: str = ""
    reason: str = ""

    @property
    def asks(self) -> bool:
        """Whether anything is asked for."""
        return any(getattr(self, one.name) for one in fields(self))

    @property
    def asks_fates(self) -> bool:
        """Whether what became of calls must be known."""
        return bool(self.state or self.reason)

    def plain(self) -> dict[str, str]:
        """What is asked for, for an address."""
        return {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name)}


def query_of(given: Mapping[str, str]) -> Query:
    """A query from an address; what may not be is left out."""
    found = {one.name: given.get(one.name, "")[:MOST_CHARACTERS].strip() for one in fields(Query)}
    for name, known in CHOICES.items():
        found[name] = found[name] if found[name] in known else ""
    return Query(**found)


def body_of(kept: Kept) -> Json:
    """A kept call, parsed; {} for what is none."""
    try:
        found = jsontext.loads(kept.body)
    except NotJson:
        return {}
    return found if isinstance(found, dict) else {}


def fits(query: Query, kept: Kept, groups: Groups = lambda _: {}) -> bool:
    """Whether a call is one that is asked for, as far as it tells itself. ``groups``: those that the configuration
    finds in it, which is slow; asked only where the group may be one."""
    if query.source not in ("", kept.source):
        return False
    if query.text and not _says(kept.body, query.text):
        return False
    if not (query.type or query.event or query.user or query.group):
        return True
    body = body_of(kept)
    return (
        (not query.type or body.get("type") == query.type)
        and (not query.event or query.event in (body.get("event"), body.get("name")))
        and (not query.user or query.user in _ids(kept, body))
        and (not query.group or _has_group(query.group, kept, body, groups))
    )


def ended(query: Query, fates: Collection[Fate]) -> bool:
    """Whether what became of a call is what is asked for, at any destination."""
    return any(query.state in ("", one.state) and query.reason in ("", one.why) for one in fates)


def _says(body: bytes, text: str) -> bool:
    """A text may be typed as people read it, or as it stands in the JSON text."""
    needles = {text, jsontext.dumps(text)[1:-1].decode("utf-8")}
    if text.isascii():
        # what lower() leaves of other letters does not matter then, and it is many times faster
        said = body.lower()
        return any(one.lower().encode("ascii") in said for one in needles)
    folded = body.decode("utf-8", "replace").casefold()
    return any(one.casefold() in folded for one in needles)


def _ids(kept: Kept, body: Json) -> set[str]:
    return {kept.subject, *ids_of(body)} - ids_of({"messageId": body.get("messageId")})


def ids_of(body: Json) -> set[str]:
    """The ids that a message has: of itself and of its user."""
    keys = ("messageId", "userId", "anonymousId", "previousId")
    return {str(body[key]) for key in keys if isinstance(body.get(key), (str, int, float))}


def _has_group(group: str, kept: Kept, body: Json, groups: Groups) -> bool:
    if group in _group_values(body):
        return True
    return jsontext.dumps(group)[1:-1] in kept.body and any(group in values for values in groups(kept).values())


def _group_values(body: Json) -> Iterator[str]:
    context, options = _table(body.get("context")), _table(body.get("integrations"))
    yield from _texts([body.get("groupId"), context.get("groupId")])
    for key in ("traits", "properties"):
        yield from _texts(_table(body.get(key)).values())
    for one in options.values():
        yield from _texts(_table(_table(one).get("groups")).values())


def _texts(values: Any) -> Iterator[str]:
    for one in values:
        for value in one if isinstance(one, list) else [one]:
            if isinstance(value, (str, int, float)):
                yield str(value)


def _table(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
