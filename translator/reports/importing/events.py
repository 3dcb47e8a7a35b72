"""Which events are sent: from the subscriptions that make events of calls."""

from __future__ import annotations

from translator.reports.importing.defaults import EVENTS, ORDER
from translator.reports.importing.reading import Sub
from translator.reports.importing.triggers import Names, Unturnable, names_of_either, overlap
from translator.reports.importing.turned import Named, Turned

PRODUCT = "Product Purchased"
VIEWED = "Viewed *"
"""The names of events of page and screen calls."""


def events(subs: list[Sub], spoken: set[str], done: Turned) -> None:
    """``events_allow`` and ``events_deny``, and what they cannot say. ``spoken``: types of call that subscriptions
    which were named already are about."""
    makers = [sub for sub in subs if sub.action in EVENTS]
    _doubles(makers, done)
    pages = {kind for sub in makers for kind in sub.types & {"page", "screen"}}
    tracks = _tracks([sub for sub in makers if "track" in sub.types], done)
    if "track" not in spoken:  # else nobody knows which names are meant, and all are sent
        _names(tracks, pages, done) if tracks is not None else _no_tracks(pages, done)
        if tracks is not None and any(sub.action == "logPurchase" and "products" in sub.mapping for sub in makers):
            _products(tracks, done)
    if tracks is not None or pages:
        for kind in sorted({"page", "screen"} - pages - spoken):
            why = (
                f"no subscription takes {kind} calls; here each becomes an event Viewed …, which only a name could deny"
            )
            todo = f"a translate.hook drops {kind} calls"
            done.named.append(Named("(none)", "trigger", f'type = "{kind}"', why, todo))


def _doubles(makers: list[Sub], done: Turned) -> None:
    """Two subscriptions that take the same call make two events of it."""
    for index, sub in enumerate(makers):
        for other in makers[:index]:
            common = [kind for kind in sub.taken if kind in other.taken and overlap(sub.taken[kind], other.taken[kind])]
            if common:
                why = f"it takes {', '.join(sorted(common))} calls that {other.name} takes too: two events of each"
                done.named.append(Named(sub.name, "trigger", "", f"{why} at Segment, one here"))


def _tracks(makers: list[Sub], done: Turned) -> Names | None:
    """The names of track calls that become events; None: of none."""
    orders = [sub for sub in makers if sub.action == "logPurchase"]
    found: Names | None = None
    for sub in orders:
        if sub.taken["track"] != Names(frozenset({ORDER})):
            why = f"logPurchase is made of {ORDER} here, and of no other name"
            done.named.append(Named(sub.name, "trigger", "", why))
    for sub in makers:
        try:
            found = sub.taken["track"] if found is None else names_of_either(found, sub.taken["track"])
        except Unturnable as error:
            done.named.append(Named(sub.name, "trigger", "", f"{error}: no list of names says that"))
    if found is not None and not orders and found.takes(ORDER):
        done.put("translate", "product_events", False)
        why = f"no logPurchase takes {ORDER}; here its revenue is sent with the event (its products are not)"
        done.named.append(Named("(none)", "trigger", f'event = "{ORDER}"', why))
    return found


def _names(tracks: Names, pages: set[str], done: Turned) -> None:
    if tracks.but:
        done.put("translate", "events_deny", sorted(tracks.but))
    if tracks.only is None:
        return
    done.put("translate", "events_allow", sorted(tracks.only | ({VIEWED} if pages else set())))
    if pages:
        why = f"only some track calls are sent; since pages are too, {VIEWED!r} is allowed, for track calls as well"
        done.named.append(Named("(several)", "trigger", ", ".join(sorted(tracks.only))[:60], why))


def _products(tracks: Names, done: Turned) -> None:
    """An order's products are events of their own name, which no list is asked about at Segment."""
    if not Names(but=tracks.but).takes(PRODUCT):
        why = f"track calls {PRODUCT} are denied, and so are the events of an order's products, which Segment sends"
        done.named.append(Named("(several)", "trigger", ", ".join(sorted(tracks.but))[:60], why))
    elif not tracks.takes(PRODUCT):
        allowed = done.tables["translate"]["events_allow"]
        done.put("translate", "events_allow", sorted({*allowed, PRODUCT}))
        done.remark(f"{PRODUCT} is allowed for the products of orders; track calls of that name are then sent too")


def _no_tracks(pages: set[str], done: Turned) -> None:
    if not pages:
        done.put("translate", "events_deny", ["*"])
        return
    done.put("translate", "events_allow", [VIEWED])
    why = f"no subscription takes track calls; those whose names begin with {VIEWED[:-1]!r} are sent all the same"
    done.named.append(Named("(none)", "trigger", 'type = "track"', why))
