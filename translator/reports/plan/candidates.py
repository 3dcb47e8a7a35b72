"""Which traits may serve as group type, group value and readable name, ranked, with the reason in words. Pure.

What speaks for a type: a name that says so, few values, on nearly every group call. For a value: each group keeps one,
no two groups share one (accounts guide, "Group values must be unique"). For a name: people can read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from translator.reports.plan.made import Candidate
from translator.reports.plan.seen import Observed, Place
from translator.settings.values import MAX_GROUP_TYPES

TYPE_NAMES = ("group_type", "type", "kind", "group_kind", "object_type", "entity_type", "account_type")
MAY_BE_A_STATE = ("type", "kind", "account_type")
"""Names of types that are just as well those of a state, such as trial and paid: a type that a group keeps is one."""

GROUP_WORDS = (
    "company", "account", "organization", "organisation", "org", "workspace", "tenant", "team", "customer", "group",
    "business", "client", "school", "store", "playlist",
)  # fmt: skip
"""What groups are called: of paths that a rule may look at."""

MOST_OF_ROLE = 10
GOOD = 0.98
"""A share that is nearly all: what lacks to it may be a mistake in a few calls."""

LEAST = 0.05
"""What less speaks for than this is not worth a line."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def ranked(observed: Observed) -> tuple[Candidate, ...]:
    """The candidates, by role, the best first."""
    group_calls = [place for place in observed.places if place.kind == "group"]
    others = [place for place in observed.places if place.kind in ("identify", "track", "page", "screen")]
    return (
        *_best(_type(place) for place in group_calls if place.key),
        *_best(_value(place) for place in group_calls),
        *_best(_name(place) for place in group_calls if place.path != "groupId"),
        *_best(_rule(place) for place in others),
    )


def words(path: str) -> list[str]:
    """The words of a path after its first part: ``traits.companyId`` and ``traits.company.id`` are company, id."""
    _, _, rest = path.rpartition("groupId") if path.endswith("groupId") else path.partition(".")
    named = "group_id" if path.endswith("groupId") else _CAMEL.sub("_", rest)
    return [one for one in re.split(r"[^a-z0-9]+", named.lower()) if one]


def is_id(path: str) -> bool:
    """Whether a path's name says that it is an id."""
    return words(path)[-1:] in (["id"], ["uuid"], ["key"], ["slug"])


def stem(path: str) -> str | None:
    """Which kind of group a path's name speaks of: ``company`` of traits.company_id; None where it does not say."""
    return next((one for one in GROUP_WORDS if one in words(path) and one != "group"), None)


def _best(found: Iterable[Candidate | None]) -> list[Candidate]:
    known = [one for one in found if one is not None and one.score >= LEAST]
    return sorted(known, key=lambda one: (-one.score, -one.place.calls, one.place.path, one.place.kind))[:MOST_OF_ROLE]


def _type(place: Place) -> Candidate | None:
    count = place.distinct.number
    if not _is_scalar(place) or not 1 <= count <= 20:
        return None
    named = "_".join(words(place.path))
    changes = named in MAY_BE_A_STATE and place.by_group.changing > (1 - GOOD) * place.by_group.looked
    says_so = named in TYPE_NAMES and not changes
    shown = ", ".join(f"“{value}”" for value, _ in place.frequent[:MAX_GROUP_TYPES])
    few = "one value" if count == 1 else f"{count} values"
    said = [
        f"{_share(place.coverage)} of group calls have it",
        f"{few}: {shown}{', …' if count > MAX_GROUP_TYPES else ''}",
    ]
    said.append("its name says that it is a type" if named in TYPE_NAMES else "its name does not say that it is a type")
    if count > MAX_GROUP_TYPES:
        said.append(f"a project has only {MAX_GROUP_TYPES} group types")
    if changes:
        many = f"{place.by_group.changing:,} of {place.by_group.looked:,} groups"
        said.append(f"{many} had more than one: not what a group is, but a state, so a property")
    score = place.coverage * (1.0 if says_so else 0.2) * (1.0 if count <= MAX_GROUP_TYPES else 0.1)
    return Candidate("type", place, score, "; ".join(said))


def _value(place: Place) -> Candidate | None:
    if not _is_scalar(place) or place.distinct.number < 1:
        return None
    looked = place.by_group
    score = place.coverage * looked.steady * looked.own if looked.looked else 0.0
    says_so = place.path == "groupId" or is_id(place.path)
    is_text = place.kinds.get("text", 0) >= place.calls / 2
    if says_so:
        score *= 1.001  # of two that are as good, the one that nobody renames
    elif not is_text:
        score *= 0.5
    said = [f"{_share(place.coverage)} of group calls have it", *_of_groups(place)]
    if says_so or is_text:
        said.append("ids that nobody can read: send a name too" if place.opaque > 0.5 else "people can read it")
    else:
        said.append("no text, and its name does not say that it is an id")
    if place.longest > 1024:
        said.append("longer than the 1,024 characters that Amplitude keeps")
    return Candidate("value", place, score, "; ".join(said))


def _of_groups(place: Place) -> list[str]:
    if place.path == "groupId":
        return ["it is the group's own id"]
    looked = place.by_group
    if not looked.looked:
        return ["no call that has it has a groupId"]
    changing = (
        f"{looked.changing:,} of {looked.looked:,} groups had more than one"
        if looked.changing
        else "each group keeps it"
    )
    shared = (
        f"{looked.shared:,} of {looked.looked:,} groups share theirs with another"
        if looked.shared
        else "no two groups share one"
    )
    return [changing, shared]


def _name(place: Place) -> Candidate | None:
    if not place.is_path or not _is_scalar(place) or place.opaque > 0.5:
        return None
    if place.kinds.get("text", 0) < place.calls / 2:
        return None
    last = words(place.path)[-1:]
    says_so = last in (["name"], ["title"], ["label"]) or "_".join(words(place.path)) in GROUP_WORDS
    apart = place.by_group.own * place.by_group.steady if place.by_group.looked else 0.0
    if is_id(place.path) or (not says_so and apart < 0.9):
        return None
    said = [f"{_share(place.coverage)} of group calls have it", "people can read it", *_of_groups(place)]
    said.append("its name says that it is a name" if says_so else "its name does not say that it is a name")
    return Candidate("name", place, place.coverage * (1.0 if says_so else 0.3) * (0.5 + apart / 2), "; ".join(said))


def _rule(place: Place) -> Candidate | None:
    """A value that a rule could take. It says which group a user is in: users share it, and nearly each keeps one."""
    named = words(place.path)
    if not place.is_path or not _is_scalar(place) or not any(one in named for one in GROUP_WORDS):
        return None
    if named[-1] in ("name", "type", "plan", "size", "role", "domain") or place.distinct.number < 1:
        return None
    users = place.by_user
    says_so = 1.0 if is_id(place.path) else 0.5
    score = place.coverage * says_so * max(0.1, users.steady) * (1.0 if users.shared else 0.3)
    said = [f"{_share(place.coverage)} of {place.kind} calls have it"]
    said.append(
        f"{users.changing:,} of {users.looked:,} users had more than one" if users.changing else "each user keeps it"
    )
    said.append(
        f"{users.shared:,} of {users.looked:,} users share theirs with others"
        if users.shared
        else "no two users share one, so that it makes a group for each user"
    )
    said.append("ids that nobody can read" if place.opaque > 0.5 else "people can read it")
    return Candidate("rule", place, score, "; ".join(said))


def _is_scalar(place: Place) -> bool:
    odd = place.kinds.get("list", 0) + place.kinds.get("object", 0)
    return odd <= place.calls * (1 - GOOD)


def _share(part: float) -> str:
    if part == 1:
        return "all"
    return "nearly all" if part > 0.9994 else f"{part:.1%}"
