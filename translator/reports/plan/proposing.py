"""Candidates → a proposed ``[groups]``: the pair of traits where group calls have one, else rules with paths. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from translator.reports.plan.candidates import GOOD, is_id, stem, words
from translator.reports.plan.made import Candidate, Proposal, Rule
from translator.reports.plan.seen import Observed, Place

ENOUGH = 0.5
"""Of group calls that must have a type trait for it to be proposed."""

WORTH = 0.2
"""Of calls of a kind that must have a value for a rule to look there."""

GROUP_ID = "groupId"
A_TYPE = "account"
"""What groups are called where nothing says it."""

MOST_RULES = 3


def proposed(observed: Observed, candidates: Sequence[Candidate]) -> Proposal:
    """What to write into ``[groups]``; its level is still the default."""
    if not observed.calls.get("group"):
        return _by_rules_alone(candidates)
    kind = _type(candidates)
    value = _value(candidates, kind is not None and _has_id(observed))
    if value is None:
        return Proposal(reasons={"fallback": "no trait of the group calls tells groups apart"})
    name = _name(candidates, value)
    if kind is None or not _in_pair(value, observed) or (name and name.key is None):
        return _of_group_calls(candidates, kind, value, name)
    return _pair(candidates, kind, value, name)


def _pair(candidates: Sequence[Candidate], kind: Place, value: Place, name: Place | None) -> Proposal:
    reasons = {"type_trait": _why(candidates, "type", kind), "value_trait": _why(candidates, "value", value)}
    if value.path == GROUP_ID:
        reasons["value_trait"] = f"groupId, which is read as the trait id: {reasons['value_trait']}"
    if name:
        reasons["name_trait"] = _why(candidates, "name", name)
    reasons["fallback"] = "a group call that lacks one of them joins [Segment] Group = groupId, as the guide says"
    literal = kind.frequent[0][0] if kind.distinct.number == 1 and kind.coverage >= GOOD else None
    return Proposal(
        type_trait=kind.key,
        value_trait="id" if value.path == GROUP_ID else value.key,
        name_trait=name.key if name else None,
        rules=_of_events(candidates, value, literal),
        reasons=reasons,
    )


def _of_group_calls(candidates: Sequence[Candidate], kind: Place | None, value: Place, name: Place | None) -> Proposal:
    """A rule for group calls, where the pair cannot say it: no trait holds a type, or the value is nested."""
    if not value.is_path:
        return Proposal(reasons={"fallback": f"{value.path} tells groups apart, and no rule can name it"})
    literal = stem(value.path) or (stem(name.path) if name else None) or A_TYPE
    why = _why(candidates, "value", value)
    is_typed = kind is not None and kind.is_path
    rule = Rule(
        f"$.{kind.path}" if kind and is_typed else literal, (value.path,), ("group",),
        (name.path,) if name and name.is_path else (), why=why if is_typed else f"no trait holds a group type; {why}",
    )  # fmt: skip
    reasons = {"fallback": "without the pair of traits every group call would join [Segment] Group as well"}
    more = () if is_typed else _of_events(candidates, value, literal)
    return Proposal(fallback="none", rules=(rule, *more), reasons=reasons)


def _of_events(candidates: Sequence[Candidate], value: Place, literal: str | None) -> tuple[Rule, ...]:
    """A rule that gives events the same group as group calls, where they name it."""
    if literal is None or not literal.strip() or literal.startswith("$."):
        return ()
    fitting = [
        one.place
        for one in candidates
        if one.role == "rule"
        and one.place.kind != "identify"
        and one.place.coverage >= WORTH
        and _same(one.place, value)
    ]
    if not fitting:
        return ()
    calls = _calls(fitting)
    paths = tuple(dict.fromkeys(place.path for place in fitting))
    shares = ", ".join(f"{place.coverage:.0%} of {place.kind} calls have {place.path}" for place in fitting)
    return (Rule(literal, paths, calls, why=f"the same groups as those of group calls: {shares}"),)


def _by_rules_alone(candidates: Sequence[Candidate]) -> Proposal:
    """No group call at all: what identify, track, page and screen calls name."""
    kept = [
        one for one in candidates if one.role == "rule" and one.place.coverage >= WORTH and one.place.by_user.shared
    ]
    by_type: dict[str, list[Candidate]] = {}
    for one in kept:
        by_type.setdefault(stem(one.place.path) or A_TYPE, []).append(one)
    rules = [_rule(kind, ones) for kind, ones in list(by_type.items())[:MOST_RULES]]
    said = "there are no group calls" + (
        "" if rules else ", and nothing in the others that says which group a user is in"
    )
    return Proposal(rules=tuple(rules), reasons={"fallback": said})


def _rule(kind: str, ones: Sequence[Candidate]) -> Rule:
    ids = [one for one in ones if is_id(one.place.path)] or list(ones)
    places = [one.place for one in ids]
    paths = tuple(dict.fromkeys(place.path for place in places))
    return Rule(
        kind, paths, _calls(places), why="; ".join(f"{one.place.kind} {one.place.path}: {one.why}" for one in ids[:2])
    )


def with_names(proposal: Proposal, observed: Observed) -> Proposal:
    """The proposal, each rule without a name with the path of one that stands beside its value, where there is one."""
    rules = tuple(rule if rule.name else _named(rule, observed) for rule in proposal.rules)
    return Proposal(
        proposal.type_trait, proposal.value_trait, proposal.name_trait, proposal.fallback, proposal.level, rules,
        proposal.reasons,
    )  # fmt: skip


def _named(rule: Rule, observed: Observed) -> Rule:
    stems = {stem(path) for path in rule.value} - {None}
    found = sorted(
        (place for place in observed.places if place.kind in rule.calls and place.is_path and place.opaque < ENOUGH),
        key=lambda place: (-place.coverage, place.path),
    )
    names = [place.path for place in found if words(place.path)[-1:] == ["name"] and stem(place.path) in stems]
    return Rule(rule.type, rule.value, rule.calls, tuple(dict.fromkeys(names))[:2], rule.level, rule.why)


def _type(candidates: Iterable[Candidate]) -> Place | None:
    """One whose name says so, with few values, on enough calls: others score far less."""
    return next((one.place for one in candidates if one.role == "type" and one.score >= ENOUGH), None)


def _value(candidates: Iterable[Candidate], is_hidden: bool) -> Place | None:
    """What tells groups apart best; the groupId last where it ``is_hidden`` from the pair: only a rule has it then."""
    good = [one.place for one in candidates if one.role == "value" and one.score >= ENOUGH]
    return min(good, key=lambda place: is_hidden and place.path == GROUP_ID, default=None)


def _has_id(observed: Observed) -> bool:
    """Whether a trait id hides the groupId from the pair."""
    return any(place.kind == "group" and place.path == "traits.id" for place in observed.places)


def _in_pair(value: Place, observed: Observed) -> bool:
    """Whether the pair can have a value: it is a trait, or the groupId that no trait hides."""
    return not _has_id(observed) if value.path == GROUP_ID else value.key is not None


def _name(candidates: Iterable[Candidate], value: Place) -> Place | None:
    """A readable trait beside an id."""
    if value.opaque <= ENOUGH and not is_id(value.path):
        return None
    return next((one.place for one in candidates if one.role == "name" and one.place.path != value.path), None)


def _same(place: Place, value: Place) -> bool:
    """Whether a place holds the same groups as those of group calls."""
    common = len(place.known & value.known)
    return common > 0 and common >= ENOUGH * len(place.known)


def _calls(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.kind for place in places))


def _why(candidates: Iterable[Candidate], role: str, place: Place) -> str:
    return next(one.why for one in candidates if one.role == role and one.place is place)
