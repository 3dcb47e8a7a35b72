"""user_properties: traits, campaign and referrer (segment-actions.md section 7). Pure.

Segment's actions differ in how operations inside traits meet those of the campaign; each way has its function here.
"""

from __future__ import annotations

from typing import Any

from translator.translate import campaign
from translator.translate.operations import USER, Operations, operations, said
from translator.translate.reading import Reading


def of_event(reading: Reading) -> Operations:
    """For an ordinary event: the campaign's operations replace those of traits; one kept at all is kept whole."""
    body = reading.body
    found = {**campaign.utm(body), **campaign.referrer(body)}
    traits = dict(reading.traits)
    if any(value != "" for value in found.values()):
        traits["$set"] = found
        traits["$setOnce"] = campaign.initial(found)
    return operations(traits, USER, "traits", reading.notes)


def of_purchase(reading: Reading) -> Operations:
    """For an Order Completed: merged, what traits say wins."""
    own = operations(_without_campaign(reading), USER, "traits", reading.notes)
    return _merged(_from_context(reading.body), own)


def of_identify(reading: Reading) -> Operations:
    """For an identify: merged, what the context says wins over operations in traits; plain traits win over both."""
    traits = _without_campaign(reading)
    plain = {key: value for key, value in traits.items() if key not in USER}
    given = {key: value for key, value in traits.items() if key in USER}
    own = operations(given, USER, "traits", reading.notes)
    return _merged(_merged(own, _from_context(reading.body)), operations(plain, USER, "traits", reading.notes))


def _from_context(body: dict[str, Any]) -> Operations:
    referrer = {key: value for key, value in campaign.referrer(body).items() if value}
    found = {**campaign.utm(body), **referrer}
    return said({"$set": dict(found), "$setOnce": campaign.initial(found)})


def _without_campaign(reading: Reading) -> dict[str, Any]:
    """Traits named utm_properties and referrer give way where the context has a campaign or a referrer."""
    hidden = ("utm_properties", "referrer") if _from_context(reading.body) else ()
    return {key: value for key, value in reading.traits.items() if key not in hidden}


def _merged(under: Operations, over: Operations) -> Operations:
    return {name: {**under.get(name, {}), **over.get(name, {})} for name in {**under, **over}}
