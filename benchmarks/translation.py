"""Bytes in, request bytes out, on one core, as delivery does it: check, translate, serialise."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.lines import lines
from benchmarks.measure import Row, best, json_only
from translator import heap, jsontext
from translator.deliver.batches import cut, parts_of, request
from translator.parcels import Facts, Leased
from translator.settings.load import settings_from
from translator.translate import compiled, translate
from translator.validate import check

ROUNDS = 7
TREE = {
    "groups": {"type_trait": "group_type", "value_trait": "name"},
    "destinations": {"bench": {"api_key": "k", "url": "http://127.0.0.1:1"}},
}


def rows(rounds: int = ROUNDS) -> Iterator[Row]:
    """The figure beside orjson's loads and dumps of the same lines."""
    texts = lines()
    settings = settings_from(TREE)
    destination = settings.destinations["bench"]
    facts = Facts("webhook", 1710090246000)
    straight = compiled(destination.translation)
    heap.settle(heap.FOR_LEASES, heap.OF_LEASES)

    def whole() -> int:
        for start in range(0, len(texts), 500):
            parts = []
            for text in texts[start : start + 500]:
                call = check(jsontext.loads(text), facts, settings.segment)
                item = Leased("1", call.source, call.message_id, call.subject, call.received_at, call.text)
                parts += parts_of(item, straight(call, None).records, destination)
            for batch in cut(parts, settings.delivery):
                request(batch, destination)
        return len(texts)

    calls = [check(jsontext.loads(text), facts, settings.segment) for text in texts]

    def alone() -> int:
        for call in calls:
            straight(call, None)
        return len(calls)

    def the_long_way() -> int:
        for call in calls:
            translate(call, destination.translation)
        return len(calls)

    limit, usual, long, all_of_it = best((lambda: json_only(texts), alone, the_long_way, whole), rounds)
    name = "orjson loads+dumps"
    yield Row("translate alone, one core", usual, name, limit, "translate-alone")
    yield Row("translate alone, the long way of unusual calls", long, name, limit, "translate-long")
    yield Row("bytes → check → translate → request bytes, one core", all_of_it, name, limit, "translation")
