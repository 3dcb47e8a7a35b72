"""A listing of subscriptions → tables of a configuration, and what is named."""

from __future__ import annotations

from translator.mappings import Listing
from translator.reports.importing.defaults import TYPES
from translator.reports.importing.events import events
from translator.reports.importing.groups import aliases, groups
from translator.reports.importing.keys import keys
from translator.reports.importing.reading import Sub, subs
from translator.reports.importing.triggers import TYPES as KINDS
from translator.reports.importing.turned import Named, Turned

REGIONS = {"north_america": "us", "europe": "eu"}


def turn(listing: Listing, name: str = "amplitude") -> Turned:
    """What becomes of a listing. ``name``: of the destination here."""
    done = Turned()
    found = subs(listing, done)
    spoken = {kind for named in done.named for kind in _types_of(named, listing)}
    events(found, spoken, done)
    _identifies([sub for sub in found if sub.action == "identifyUser"], spoken, done)
    groups(found, spoken, done)
    aliases(found, done)
    keys(found, name, done)
    _destination(listing, name, done)
    if listing.has_more:
        why = "Segment gives them page by page, and this is not the last one"
        done.named.append(Named("(all)", "pagination", "next", why, "put the subscriptions of all pages in one list"))
    for one in listing.filters:
        why = "a filter of the destination is not read"
        todo = "translate.events_deny, properties_deny and properties_allow, or a translate.hook"
        done.named.append(Named(one, "filter", "", why, todo))
    return done


def _types_of(named: Named, listing: Listing) -> frozenset[str]:
    """The types of call that a subscription which was named is about; of an action that is not known, any."""
    actions = [given.action for given in listing.subscriptions if given.name == named.subscription]
    return TYPES.get(actions[0], frozenset(KINDS)) if actions else frozenset()


def _identifies(found: list[Sub], spoken: set[str], done: Turned) -> None:
    if not found and "identify" not in spoken:
        why = "no subscription takes identify calls; here their traits become user properties"
        done.named.append(Named("(none)", "trigger", 'type = "identify"', why, "a translate.hook drops identify calls"))
    for sub in found[1:]:
        why = f"{found[0].name} takes the same calls: two identifies of each at Segment, one here"
        done.named.append(Named(sub.name, "trigger", "", why))


def _destination(listing: Listing, name: str, done: Turned) -> None:
    """Keys of Amplitude are told, never their values."""
    settings = listing.settings
    endpoint = settings.get("endpoint") or "north_america"
    if endpoint not in REGIONS:
        done.named.append(Named("(all)", "endpoint", "", "must be north_america or europe", "choose a region"))
    elif REGIONS[endpoint] != "us":
        done.tables.setdefault("destinations", {}).setdefault(name, {})["region"] = REGIONS[endpoint]
    done.variables.append("AMPLITUDE_API_KEY")
    if settings.get("secretKey"):
        done.variables.append("AMPLITUDE_SECRET_KEY")
