"""A proposal as TOML that ``translator check`` accepts, with comments that say why; and as settings. Pure."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace

from translator.parcels import Json
from translator.reports.plan.made import Advice, Proposal, Rule
from translator.settings.values import Groups
from translator.settings.values import Rule as RuleValue

WIDTH = 100
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def toml(proposal: Proposal, advice: Advice) -> str:
    """The block to paste into translator.toml."""
    return "\n".join(_lines(proposal, advice)) + "\n"


def tree(proposal: Proposal) -> Json:
    """The same as a tree of plain values."""
    groups: Json = {key: value for key in _TRAITS if (value := getattr(proposal, key)) is not None}
    groups |= {"fallback": proposal.fallback, "level": proposal.level}
    if proposal.rules:
        groups["rules"] = [_rule_tree(rule) for rule in proposal.rules]
    return {"groups": groups}


def tried(proposal: Proposal, today: Groups) -> Groups:
    """How calls are translated to see what becomes of them under a proposal: users join, and events carry, so that both
    levels can be told apart afterwards."""
    rules = tuple(
        RuleValue(rule.type, rule.value, rule.calls, name=rule.name, level="both" if "identify" in rule.calls else None)
        for rule in proposal.rules
    )
    return replace(
        today, type_trait=proposal.type_trait, value_trait=proposal.value_trait, name_trait=proposal.name_trait,
        calls=("group",), fallback=proposal.fallback, level="both", over_limit="warn", rules=rules,
    )  # fmt: skip


_TRAITS = ("type_trait", "value_trait", "name_trait")


def _lines(proposal: Proposal, advice: Advice) -> Iterator[str]:
    reasons = proposal.reasons or {}
    yield "[groups]"
    for key in _TRAITS:
        value = getattr(proposal, key)
        if value is not None:
            yield from _comment(reasons.get(key, ""))
            yield f"{key} = {_text(value)}"
    yield from _comment(reasons.get("fallback", ""))
    yield f"fallback = {_text(proposal.fallback)}"
    for reason in advice.reasons:
        yield from _comment(reason)
    yield f"level = {_text(proposal.level)}"
    for rule in proposal.rules:
        yield ""
        yield from _comment(rule.why)
        yield "[[groups.rules]]"
        yield from (f"{key} = {_shown(value)}" for key, value in _rule_tree(rule).items())


def _rule_tree(rule: Rule) -> Json:
    found: Json = {"type": rule.type, "value": list(rule.value), "calls": list(rule.calls)}
    if rule.name:
        found["name"] = list(rule.name)
    if rule.level:
        found["level"] = rule.level
    return found


def _comment(text: str) -> Iterator[str]:
    for line in textwrap.wrap(_ODD.sub(" ", text), WIDTH):
        yield f"# {line}"


def _shown(value: str | Iterable[str]) -> str:
    return _text(value) if isinstance(value, str) else f"[{', '.join(map(_text, value))}]"


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes, but none for what is beyond the BMP, and DEL escaped too (TOML 1.0)."""
    text = value.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
