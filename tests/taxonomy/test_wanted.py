"""What of a planned property is said to Amplitude."""

import pytest

from translator.reports.plan.planned import PlannedProperty
from translator.taxonomy.definitions import Definition
from translator.taxonomy.wanted import Difference, differences, said_of, wanted

AS_TEXT = "Amplitude takes them as one text with commas, and one of them"


def forms(**planned):
    """The forms of create and update, without what is in each, and the notes."""
    one = wanted(PlannedProperty("Company", "p", **planned))
    creating, updating = one.creating(), one.updating()
    assert (creating.pop("group_property"), creating.pop("group_type")) == ("grp:p", "Company")
    assert (updating.pop("group_type"), updating.pop("overrideScope")) == ("Company", "override")
    assert creating == updating
    return creating, one.notes


@pytest.mark.parametrize(
    ("planned", "said"),
    [
        ({}, {}),
        ({"description": "what it is"}, {"description": "what it is"}),
        ({"kind": "text"}, {"type": "string", "is_array_type": "false"}),
        ({"kind": "number"}, {"type": "number", "is_array_type": "false"}),
        ({"kind": "boolean"}, {"type": "boolean", "is_array_type": "false"}),
        ({"kind": "list"}, {"is_array_type": "true"}),
        ({"kind": "list", "values": ("a", "b")}, {"type": "enum", "is_array_type": "true", "enum_values": "a, b"}),
        ({"kind": "list", "regex": "x"}, {"type": "string", "is_array_type": "true", "regex": "x"}),
        ({"kind": "text", "values": ("a", "b")}, {"type": "enum", "is_array_type": "false", "enum_values": "a, b"}),
        ({"values": ("a",)}, {"type": "enum", "is_array_type": "false", "enum_values": "a"}),
        ({"regex": "[a-z]"}, {"type": "string", "is_array_type": "false", "regex": "[a-z]"}),
    ],
)
def test_what_is_planned_is_said_and_what_is_not_is_not(planned, said):
    assert forms(**planned) == (said, ())


@pytest.mark.parametrize(
    ("planned", "said", "note"),
    [
        ({"kind": "text", "values": ("Ex, LLC", "b")}, {"type": "string"}, f"its allowed values are not said: {AS_TEXT} has a comma"),
        ({"values": (" a", "b")}, {"type": "string"}, f"its allowed values are not said: {AS_TEXT} begins or ends with a blank"),
        ({"kind": "number", "values": ("1",)}, {"type": "number"}, "its allowed values are not said: at Amplitude an enum has texts, and it is number"),
        ({"kind": "number", "regex": "1"}, {"type": "number"}, "its regex is not said: it applies to the type string alone, and this is number"),
        ({"values": ("a",), "regex": "a"}, {"type": "enum", "enum_values": "a"}, "its regex is not said: it applies to the type string alone, and this is enum"),
        ({"kind": "object"}, {"type": "any"}, "its type is any: Amplitude has none for objects"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_noted(planned, said, note):
    assert forms(**planned) == ({"is_array_type": "false", **said}, (note,))


@pytest.mark.parametrize(
    ("planned", "present", "differs"),
    [
        ({}, {"type": "number", "description": "theirs", "regex": "x"}, []),
        ({"kind": "text"}, {"type": "string", "description": "theirs", "regex": "theirs"}, []),
        ({"kind": "text"}, {"type": "enum"}, [("type", "string", "enum")]),
        ({"kind": "text"}, {"type": "string", "is_list": True}, [("type", "string", "list of string")]),
        ({"kind": "list"}, {"type": "number", "is_list": True}, []),
        ({"kind": "list"}, {"type": "any"}, [("type", "list", "any")]),
        ({"values": ("a", "b")}, {"type": "enum", "values": ("b", "a")}, []),
        ({"values": ("a", "b")}, {"type": "enum", "values": ("a",)}, [("values", "a, b", "a")]),
        ({"values": ("a",)}, {}, [("type", "enum", "any"), ("values", "a", "none")]),
        ({"regex": "a"}, {"type": "string"}, [("regex", "a", "none")]),
        ({"description": "a\nb "}, {"description": "a\r\nb"}, []),
        ({"description": "a"}, {"description": "b"}, [("description", "a", "b")]),
    ],
)  # fmt: skip
def test_only_what_is_said_can_differ(planned, present, differs):
    one = wanted(PlannedProperty("Company", "p", **planned))
    assert list(differences(one, Definition("p", "Company", **present))) == [Difference(*item) for item in differs]


def test_what_is_said_is_told_in_words():
    listed = PlannedProperty("Company", "p", "list", values=("a", "b"), description="some")
    assert said_of(wanted(listed)) == 'list of enum, values a, b, "some"'
    assert said_of(wanted(PlannedProperty("Company", "p"))) == "any"


def test_a_name_that_has_the_prefix_is_noted():
    one = wanted(PlannedProperty("Company", "grp:p"))
    assert one.full_name == "grp:grp:p"
    assert one.notes == ("Amplitude puts grp: before each name, so that this one becomes grp:grp:p",)
