"""What goes into which request, endpoint included. Pure.

Limits: amplitude-api.md sections 2.1.3 to 2.6 (amplitude-docs 6e7e48e, 2026-03-13).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from translator import jsontext
from translator.deliver.hosts import Api, address
from translator.parcels import Json, Kind, Leased, Record
from translator.settings.values import Delivery, Destination

ONCE = frozenset({"$add", "$append", "$prepend"})
"""Operations that count twice when sent twice: they travel as events, which have an insert id (house rules)."""

EVENT_APIS: tuple[Api, ...] = ("http-v2", "batch")
_PLAIN: tuple[Api, ...] = (*EVENT_APIS, "deletions")
"""Whose requests are JSON, and no forms."""

MOST: dict[Api, int] = {"identify": 1024, "groupidentify": 1024, "usermap": 2000, "deletions": 100}
GROUP_PROPERTIES = 1024
FORM_BYTES = 900_000
DELETION = {"requester": "segment", "ignore_invalid_id": "true"}
"""Beside the ids of a deletion. Without the second, one unknown user stops the deletion of a hundred; a text, as in the
examples of Amplitude's page, whose table says boolean (amplitude-api.md section 9.16, 2026-11-24)."""

ENVELOPE = 300
"""Bytes that a request has beside its parts: key, options, brackets."""


class Part(Struct, frozen=True, gc=False):
    """One record on its way: of which leased call, of which kind, through which API, as which JSON text.

    The record itself is let go of: its text says all of it, to whoever asks. ``beside``: the user_id and device_id of a
    group_identify, which its text may lack, and ``group``: its type and value, which a hook's text may say otherwise.
    ``properties``: how many group properties go to the Group Identify API.
    """

    item: Leased
    kind: Kind
    api: Api
    data: bytes
    beside: Mapping[str, str] = msgspec.field(default_factory=dict)
    group: tuple[str, str] | None = None
    properties: int = 0

    @property
    def ids(self) -> set[str]:
        """Its user and device ids."""
        told = jsontext.loads(self.data)
        if not isinstance(told, dict):  # a deletion, which is only that
            return {told}
        found = (one.get(key) for one in (told, self.beside) for key in ("user_id", "device_id"))
        return {one for one in found if isinstance(one, str)}


class Batch(Struct, frozen=True):
    """What one request carries, in order."""

    api: Api
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes out. Its body and auth hold keys, so that they are in no repr."""

    url: str
    body: bytes = field(repr=False)
    content_type: str = "application/json"
    method: str = "POST"
    gzipped: bool = False
    auth: tuple[str, str] | None = field(default=None, repr=False)


def parts_of(item: Leased, records: Iterable[Record], destination: Destination) -> list[Part]:
    """The records of a call as parts."""
    endpoint = destination.endpoint
    return [
        Part(item, "event", endpoint, jsontext.dumps(record.body))
        if record.kind == "event"
        else _part(item, record, _api(record, destination))
        for record in records
    ]


def to_group_api(part: Part) -> Part:
    """A group_identify that travels as an event, through the Group Identify API instead."""
    kind, value = part.group or ("", "")
    body = {"group_type": kind, "group_value": value, "group_properties": jsontext.loads(part.data)["group_properties"]}
    return _part(part.item, Record("group_identify", body, part.beside), "groupidentify")


def cut(parts: Iterable[Part], limits: Delivery) -> list[Batch]:
    """Batches to be sent one after another.

    Each part goes into the earliest batch with room that is not before its subject's last one, so that one subject's
    records keep their order and the others still share requests.
    """
    made: list[_Filling] = []
    last: dict[str, int] = {}
    for part in parts:
        subject, api, size, properties = part.item.subject, part.api, len(part.data), part.properties
        weight = size + 1 if api in _PLAIN else 3 * size  # a form triples what it has to escape
        index = last.get(subject, 0)
        for one in made[index:] if index else made:
            if one.api == api and weight <= one.room and properties <= one.properties and one.places:
                break
            index += 1
        else:
            one = _Filling(api, limits)
            made.append(one)
        one.take(part, weight)
        last[subject] = index
    return [Batch(one.api, tuple(one.parts)) for one in made]


def request(batch: Batch, destination: Destination) -> Request:
    """The request of a batch."""
    url = address(destination, batch.api)
    parts = b",".join([part.data for part in batch.parts])
    options = jsontext.dumps({"min_id_length": destination.min_id_length})
    if batch.api in EVENT_APIS:
        key = jsontext.dumps(destination.api_key)
        body = b'{"api_key":%b,"events":[%b],"options":%b}' % (key, parts, options)
        if destination.gzip:
            # fast: the network gains most from the first levels; mtime 0, so that the same batch is the same bytes
            return Request(url, gzip.compress(body, 1, mtime=0), gzipped=True)
        return Request(url, body)
    if batch.api == "deletions":
        auth = (destination.api_key, destination.secret_key or "")
        return Request(url, b'{"user_ids":[%b],%b}' % (parts, jsontext.dumps(DELETION)[1:-1]), auth=auth)
    name = "mapping" if batch.api == "usermap" else "identification"
    form = {"api_key": destination.api_key, name: b"[%b]" % parts, "options": options}
    return Request(url, urlencode(form).encode("ascii"), "application/x-www-form-urlencoded")


def plain_requests(batches: Sequence[Batch], destination: Destination, mask: str) -> list[Json]:
    """Requests for people: method, url and json or form, with ``mask`` in the place of keys."""
    return [_plain(batch, destination, mask) for batch in batches]


class _Filling:
    """A batch that is being filled."""

    __slots__ = ("api", "parts", "places", "properties", "room")

    def __init__(self, api: Api, limits: Delivery) -> None:
        self.api = api
        self.parts: list[Part] = []
        self.places = limits.batch_events if api in EVENT_APIS else MOST[api]
        self.room = (limits.batch_bytes if api in EVENT_APIS else FORM_BYTES) - ENVELOPE
        self.properties = GROUP_PROPERTIES

    def take(self, part: Part, weight: int) -> None:
        """A part of so many bytes, whether or not there is room: the first is in at any rate."""
        self.parts.append(part)
        self.room -= weight
        self.places -= 1
        self.properties -= part.properties


def _api(record: Record, destination: Destination) -> Api:
    if record.kind == "user_map":
        return "usermap"
    if record.kind == "user_deletion":
        return "deletions"
    if destination.route == "events" or _only_once(record):
        return destination.endpoint
    return "identify" if record.kind == "identify" else "groupidentify"


def _only_once(record: Record) -> bool:
    body = record.body
    return not ONCE.isdisjoint(body.get("user_properties", ())) or not ONCE.isdisjoint(body.get("group_properties", ()))


def _part(item: Leased, record: Record, api: Api) -> Part:
    body, group, properties = record.body, None, 0
    if record.kind == "group_identify":
        group = body["group_type"], body["group_value"]
    if api == "groupidentify":  # a hook may set properties without operations
        properties = sum(len(one) if isinstance(one, dict) else 1 for one in body["group_properties"].values())
    return Part(item, record.kind, api, jsontext.dumps(_body(record, api)), record.ids, group, properties)


def _body(record: Record, api: Api) -> object:
    """A record as its API wants it: as a pseudo-event among events, as it is on its own API."""
    body = record.body
    if record.kind == "user_deletion":
        return body["user_id"]
    if api == "groupidentify":
        return {key: body[key] for key in ("group_type", "group_value", "group_properties")}
    if api not in EVENT_APIS:
        return body
    if record.kind == "identify":
        return {"event_type": "$identify", **body}
    rest = {key: value for key, value in body.items() if key not in ("group_type", "group_value")}
    return {"event_type": "$groupidentify", **record.ids, "groups": {body["group_type"]: body["group_value"]}, **rest}


def _plain(batch: Batch, destination: Destination, mask: str) -> Json:
    found: Json = {"method": "POST", "url": address(destination, batch.api)}
    parts = [jsontext.loads(part.data) for part in batch.parts]
    options = {"min_id_length": destination.min_id_length}
    if batch.api in EVENT_APIS:
        return {**found, "json": {"api_key": mask, "events": parts, "options": options}}
    if batch.api == "deletions":
        return {**found, "json": {"user_ids": parts, **DELETION}}
    name = "mapping" if batch.api == "usermap" else "identification"
    return {**found, "form": {"api_key": mask, name: parts, "options": options}}
