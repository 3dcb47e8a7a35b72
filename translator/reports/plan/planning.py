"""Calls → the plan. The calls are read twice: what do they have, and what do they become under what follows from that?

Only a second reading can be exact about groups on events, since memory and rules depend on the proposal; and a million
calls are not to be held between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from translator.errors import Invalid
from translator.parcels import Call, Facts
from translator.reports.plan.advice import advised, levelled
from translator.reports.plan.candidates import ranked
from translator.reports.plan.configuring import toml, tried
from translator.reports.plan.expecting import expected
from translator.reports.plan.limits import limits
from translator.reports.plan.made import Plan
from translator.reports.plan.outcome import Outcome
from translator.reports.plan.proposing import proposed, with_names
from translator.reports.plan.reasons import Reasons
from translator.reports.plan.seen import Observed, Tally
from translator.reports.plan.warning import warnings
from translator.reports.plan.watching import Watch
from translator.reports.reading import SOURCE, Advance, Source
from translator.reports.rows import Translator
from translator.settings.values import Settings, TranslationSettings, translation_settings
from translator.validate import check

EVERY = 500
"""Calls between two steps of the progress bar."""


def planned(
    settings: Settings, destination: str | None, sources: Callable[[bool], Source], now: int, advance: Advance
) -> Plan:
    """The plan of some calls. ``sources``: gives them, each time from the beginning; whether it is the first time, and
    what cannot be read is to be said. ``now``: ms since the epoch. Raises what reading raises."""
    today = translation_settings(settings, destination)
    first = sources(True)
    observed, tally = _watched(settings, today, first, now, advance)
    candidates = ranked(observed)
    proposal = with_names(proposed(observed, candidates), observed)
    under = replace(today, groups=tried(proposal, today.groups))
    work, outcome = Translator(settings.segment, under), Outcome(under)
    second = sources(False)
    for call in second.before:
        work.warm(call)
    for call in _calls(settings, second, now, advance, None):
        outcome.see(call, work.of_call(call))
    became = outcome.done()
    advice = advised(observed, became)
    proposal = levelled(proposal, advice)
    used = limits(observed, became, advice.level)
    return Plan(
        first.said, destination, today.translate.hook, observed, candidates, proposal, advice, became, tally, used,
        warnings(observed, became, proposal, used), toml(proposal, advice), expected(became, proposal),
    )  # fmt: skip


def _watched(
    settings: Settings, today: TranslationSettings, source: Source, now: int, advance: Advance
) -> tuple[Observed, Tally | None]:
    """What calls have; and, where groups are configured, what becomes of them today."""
    watch, reasons = Watch(today), Reasons()
    groups = today.groups
    is_configured = bool((groups.type_trait and groups.value_trait) or groups.rules)
    work = Translator(settings.segment, today) if is_configured else None
    if work:
        for call in source.before:
            work.warm(call)
    for call in _calls(settings, source, now, advance, watch):
        watch.see(call)
        if work:
            reasons.see(work.of_call(call))
    return watch.done(), reasons.tally() if work else None


def _calls(settings: Settings, source: Source, now: int, advance: Advance, watch: Watch | None) -> Iterator[Call]:
    """The good calls; what is none is told to ``watch``, where there is one."""
    facts = Facts(SOURCE, now)
    for number, one in enumerate(source.items, 1):
        if number % EVERY == 0:
            advance("read", EVERY)
        try:
            yield one if isinstance(one, Call) else check(one, facts, settings.segment)
        except Invalid as error:
            if watch:
                watch.refused({path: list(said) for path, said in error.faults.items()})
