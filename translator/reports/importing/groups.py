"""Groups: from groupIdentifyUser and mapUser, and from the ``groups`` of events and identifies."""

from __future__ import annotations

from typing import Any

from translator.reports.importing.defaults import is_default, normal
from translator.reports.importing.paths import paths_of, shown
from translator.reports.importing.reading import Sub
from translator.reports.importing.turned import Named, Turned
from translator.settings.values import MAX_GROUP_TYPES

OWN = ({"@path": "integrations.Amplitude.groups"}, {"@path": "integrations.Actions Amplitude.groups"})
"""Where groups of a call are read from without any configuration."""

Rule = dict[str, Any]


def groups(subs: list[Sub], spoken: set[str], done: Turned) -> None:
    """``[groups]`` and its rules. Without the traits Segment makes nothing of a group call."""
    rules: list[Rule] = []
    joining = [sub for sub in subs if sub.action == "groupIdentifyUser"]
    for sub in joining:
        _joining(sub, rules, done)
    if joining or "group" not in spoken:
        done.put("groups", "fallback", "none")
    for sub in subs:
        if sub not in joining and "groups" in sub.mapping:
            _carried(sub, subs, rules, done)
    kept = _few(rules, done)
    if kept:
        done.put("groups", "rules", kept)


def _joining(sub: Sub, rules: list[Rule], done: Turned) -> None:
    kind, value = (sub.mapping.get(key) for key in ("group_type", "group_value"))
    missing = [key for key in ("group_type", "group_value") if key not in sub.mapping]
    if missing:
        done.named.append(Named(sub.name, missing[0], "", "Segment needs it, and refuses the call without", "mend it"))
        return
    types, values = paths_of(kind), paths_of(value)
    type_ = kind if isinstance(kind, str) else f"$.{types[0]}" if types and len(types) == 1 else None
    if type_ is None or (isinstance(kind, str) and kind.startswith("$.")):
        why = "a group type is one text, or one path"
        done.named.append(Named(sub.name, "group_type", shown(kind), why, "write the [[groups.rules]] that is meant"))
    elif values is None:
        why = "a group value is a path, or several"
        done.named.append(Named(sub.name, "group_value", shown(value), why, "write the [[groups.rules]] that is meant"))
    else:
        _pair_or_rule(sub, type_, values, rules, done)


def _pair_or_rule(sub: Sub, type_: str, values: list[str], rules: list[Rule], done: Turned) -> None:
    given = sub.mapping.get("group_properties")
    if given is not None and not is_default(sub.action, "group_properties", given, sub.types):
        why = "group properties are the traits here, all or by name"
        done.named.append(Named(sub.name, "group_properties", shown(given), why, "properties of the rule, by name"))
    pair = (_trait(type_.removeprefix("$.")), _trait(values[0]) if len(values) == 1 else None)
    named = done.tables.get("groups", {})
    if type_.startswith("$.") and None not in pair and given is not None and "type_trait" not in named:
        done.put("groups", "type_trait", pair[0])
        done.put("groups", "value_trait", pair[1])
        return
    rules.append({"type": type_, "value": values, "calls": ["group"], **({} if given else {"properties": False})})


def _trait(path: str) -> str | None:
    """The trait of a path. The groupId is none: ``value_trait = "id"`` reads a trait of that name before it."""
    start, _, name = path.partition(".")
    return name if start == "traits" and name and "." not in name and name != "id" else None


def _carried(sub: Sub, subs: list[Sub], rules: list[Rule], done: Turned) -> None:
    given = sub.mapping["groups"]
    if normal(given) in OWN:
        done.remark(
            "groups under integrations.Amplitude are read without configuration: event-level, on identify user-level"
        )
        return
    if not isinstance(given, dict) or any(key.startswith(("@", "$.")) for key in given):
        why = "groups are read by their types, each from its path"
        done.named.append(Named(sub.name, "groups", shown(given), why, "a [[groups.rules]] for each type"))
        return
    others = [
        other.name
        for other in subs
        if other.types & sub.types and normal(other.mapping.get("groups")) != normal(given) and "groups" in _keys(other)
    ]
    if others:
        why = f"a rule is for all calls of a type, and {', '.join(others)} has other groups"
        done.named.append(Named(sub.name, "groups", ", ".join(given), why))
        return
    for kind, value in given.items():
        paths = paths_of(value)
        if paths is None:
            done.named.append(Named(sub.name, f"groups.{kind}", shown(value), "a group value is a path, or several"))
        else:
            _add(rules, kind, paths, sub)


def _keys(sub: Sub) -> set[str]:
    """Of a subscription that could have groups too."""
    return {"groups"} if sub.action not in ("groupIdentifyUser", "mapUser") else set()


def _add(rules: list[Rule], kind: str, paths: list[str], sub: Sub) -> None:
    """Rules that differ in their calls alone are one."""
    for rule in rules:
        if rule["type"] == kind and rule["value"] == paths and "properties" not in rule and rule["calls"] != ["group"]:
            rule["calls"] = sorted({*rule["calls"], *sub.types})
            return
    rules.append({"type": kind, "value": paths, "calls": sorted(sub.types)})


def _few(rules: list[Rule], done: Turned) -> list[Rule]:
    types = ["(the pair)"] if "type_trait" in done.tables.get("groups", {}) else []
    kept = []
    for rule in rules:
        if rule["type"] not in types:
            types.append(rule["type"])
        if len(types) <= MAX_GROUP_TYPES or rule["type"] in types[:MAX_GROUP_TYPES]:
            kept.append(rule)
        else:
            why = f"Amplitude keeps {MAX_GROUP_TYPES} group types of a project, and drops the others in silence"
            done.named.append(Named("(several)", "groups", rule["type"], why, "choose the five that count"))
    return kept


def aliases(subs: list[Sub], done: Turned) -> None:
    """mapUser."""
    for sub in subs:
        if sub.action != "mapUser":
            continue
        wrong = [key for key in ("user_id", "global_user_id") if not _own(sub, key)]
        if wrong:
            why = "an alias maps previousId to userId here"
            done.named += [Named(sub.name, key, shown(sub.mapping.get(key)), why) for key in wrong]
        else:
            done.put("translate", "alias", True)


def _own(sub: Sub, key: str) -> bool:
    return key in sub.mapping and is_default(sub.action, key, sub.mapping[key], sub.types)
