"""Any valid plan, for property tests."""

from hypothesis import strategies as st

from translator.reports.plan.planned import KINDS, Planned, PlannedEvent, PlannedProperty, PlannedType

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6).filter(str.strip)


@st.composite
def plans(draw, names=NAMES):
    types = draw(st.lists(names, max_size=5, unique=True))
    levels = st.sampled_from(["user", "event", "both"])
    pairs = draw(st.lists(st.tuples(st.sampled_from(types), names), max_size=5, unique=True)) if types else []
    groups = st.lists(st.sampled_from(types), max_size=3, unique=True).map(tuple) if types else st.just(())
    values = st.lists(names, max_size=3, unique=True).map(tuple)
    kinds, texts = st.sampled_from(KINDS), st.one_of(st.just(""), names)
    return Planned(
        tuple(PlannedType(name, draw(levels), draw(NAMES), draw(values)) for name in types),
        tuple(
            PlannedProperty(kind, name, draw(kinds), draw(st.booleans()), draw(values), draw(texts), draw(texts))
            for kind, name in pairs
        ),
        tuple(PlannedEvent(name, draw(groups)) for name in draw(st.lists(names, max_size=4, unique=True))),
    )
