"""The plan as Markdown."""

from tests.reports.plan import traffic
from tests.reports.plan.making import group, plan_of
from translator.reports.plan.markdown import MOST_ROWS, escaped, markdown


def test_it_says_the_same_in_short():
    text = markdown(plan_of(traffic.calls()))
    for said in (
        "# Accounts plan",
        "## Advice: event-level groups",
        "| Group types of a project | 2 | 5 | ████████ |  |",
        "- Company: 4 of 40 users with a group went from one to another (user-0000, user-0001, user-0002)",
        "```toml\n[groups]",
        "| Viewed Pricing |  | 15 | 0.0% | 15 |",
        "| the proposed one | \\[Segment\\] Group, without | traits.group\\_type | 3 | call-00392; call-00393; call-00394 |",
    ):
        assert said in text, said


def test_nothing_of_a_call_is_markup():
    evil = "a|b\n# <script> ```x [y](z) *"
    calls = [
        group(f"u{number}", f"{evil}{number % 2}", number, group_type=evil, name="```", **{evil: evil})
        for number in range(6)
    ]
    text = markdown(plan_of(calls))
    assert escaped(evil) == "a\\|b \\# \\<script\\> \\`\\`\\`x \\[y\\](z) \\*"
    assert "<script>" not in text.split("## Configuration")[0]
    table = text.split("## Taxonomy")[1].split("## Events")[0]
    assert {line.replace("\\|", "").count("|") for line in table.splitlines() if line.startswith("|")} == {8}
    fence = next(line for line in text.splitlines() if line.startswith("````"))
    assert fence.strip("`") == "toml"


def test_long_tables_are_cut_and_say_so():
    calls = [group(f"u{number}", str(number), number, group_type="T") for number in range(MOST_ROWS + 5)]
    assert "… and 5 more." in markdown(plan_of(calls))
