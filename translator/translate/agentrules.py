"""Tables of rules that read a user agent: the first rule that fits says it all. Pure.

Source: the way in which ua-parser-js goes through its own rules, which the recorded answers confirm; 2026-11-24.

A rule is written as ``(signs, pattern, first, second)``. ``signs`` are plain texts, parted by "|", one of which the
agent must have before the pattern is tried: nearly every rule is passed by at the price of one ``in``. A rule without
signs is tried on the Android part of the agent alone, which is short. ``first`` and ``second`` are what the rule says:
"" is the next group of the pattern as it stands in the agent, "{}" in a text the place of that group, "-" nothing.

Patterns see the agent in small letters and in ASCII, and no repetition stands inside another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

Row = tuple[str, str, str, str]
Pair = tuple[str | None, str | None]


class Rule(NamedTuple):
    """One row of a table."""

    pattern: str
    android: bool
    said: tuple[str, str]


Table = tuple[tuple[str, Rule], ...]
"""Signs and their rules, in the order in which they are tried."""


class Agent(NamedTuple):
    """A user agent as it stands, in small letters (one for one), and where its Android part starts and ends."""

    text: str
    small: str
    start: int
    end: int


def agent_of(text: str) -> Agent:
    """Comes in: any string, cut to ``MAX_AGENT`` by the caller. Goes out: its forms."""
    small = text.encode("ascii", "replace").decode().lower()
    start = small.find("droid")
    return Agent(text, small, start, _end(small, start))


def _end(small: str, start: int) -> int:
    """Where the Android part ends: with the first letter of the build, or at the bracket."""
    build = small.find(" build/", start)
    if build >= 0:
        return build + len(" build/x")
    return small.find(")", start) + 1 or len(small)


def table(*rows: Row) -> Table:
    """The rows of a table as rules, one for each sign of a row."""
    return tuple(_rules(rows))


def _rules(rows: tuple[Row, ...]) -> Iterator[tuple[str, Rule]]:
    for signs, pattern, first, second in rows:
        rule = Rule(pattern, not signs, (first, second))
        yield from ((sign, rule) for sign in (signs or "droid").split("|"))


def lookup(rules: Table, agent: Agent) -> Pair | None:
    """Comes in: a table and an agent. Goes out: what the first rule says that fits, or None where none fits."""
    small = agent.small
    for sign, rule in rules:
        if sign in small and (found := _fits(rule, agent)):
            return _said(rule.said, found, agent.text)
    return None


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled when an agent first has one of its signs: all of them would take each start 30 ms."""
    return re.compile(pattern)


def _fits(rule: Rule, agent: Agent) -> re.Match[str] | None:
    pattern = compiled(rule.pattern)
    if rule.android:
        return pattern.search(agent.small, agent.start, agent.end)
    return pattern.search(agent.small)


def _said(said: tuple[str, str], found: re.Match[str], text: str) -> Pair:
    groups = [text[slice(*found.span(group))] for group in range(1, found.re.groups + 1)]
    first = _filled(said[0], groups)
    return first, _filled(said[1], groups)


def _filled(template: str, groups: list[str]) -> str | None:
    if template == "-":
        return None
    if template and "{}" not in template:
        return template
    group = groups.pop(0) if groups else ""
    return (template.replace("{}", group) if template else group) or None
