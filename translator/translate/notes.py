"""What translation clipped, dropped or replaced: a closed list of rules, each with its meaning."""

from __future__ import annotations

from translator.parcels import Note

RULES: dict[str, str] = {
    "amount_unread": "an amount is not clearly a finite number; it stays in the properties and makes no revenue",
    "depth_limit": "a value deeper than 40 layers was dropped",
    "device_block_partial": "the device block is only partly known; Amplitude resets the rest of it",
    "group_fallback": "a mapped trait is missing or no group: the user joins [Segment] Group, without properties",
    "group_name_missing": "the group's human-readable name is not in the call",
    "group_properties_limit": "a group property beyond the 1,000 of a project, of which Amplitude tracks no more",
    "group_properties_withheld": "one set of traits cannot describe several groups, so none was sent",
    "group_type_unusable": "a group type is not text or a number",
    "group_types_limit": "a sixth group type: Amplitude tracks five of a project",
    "group_value_unusable": "a group value, or a part of it, is not text, a number or a boolean",
    "group_value_blank": "a group value of nothing but blanks, which nobody can read",
    "group_values_limit": "only the first 10 group values of a record are kept by Amplitude; the rest were cut",
    "invalid_id": "an id that Amplitude refuses was left out",
    "location_block_partial": "the location block is only partly known; Amplitude resets the rest of it",
    "nested_array": "an array inside an array was dropped",
    "null_property": "a null was dropped",
    "operation_unusable": "a property operation is not allowed here, or has no object, and was dropped",
    "options_unread": "an option under integrations is not one that is read",
    "products_limit": "only the first 500 products of an order get a Product Purchased event",
    "property_denied": "the configuration does not let this property be sent",
    "property_hashed": "the configuration lets only a hash of this property be sent",
    "reserved_name": "the name of the event is one of Amplitude's own",
    "time_future": "the time is more than a day after receipt; the time of receipt was taken",
    "time_ancient": "the time is before 2000-01-02; the time of receipt was taken",
    "session_unread": "a session id is not a time",
    "short_id": "an id is shorter than min_id_length and was left out, or moved to a user property",
    "stale_group": "the group has a newer value of this property, so the older one was not sent",
    "string_limit": "a text was clipped to 1,024 characters",
    "time_fallback": "the timestamp cannot be read; the time of receipt was taken",
    "unchanged": "sent before with the same value (translate.unchanged_hours), so not sent again",
}


class Notes:
    """Collects the notes of one call, in order. Each rule and path is noted once."""

    _found: dict[tuple[str, str], Note] | None = None
    """Made with the first note: most calls have none."""

    def add(self, rule: str, path: str, detail: str = "") -> None:
        """Note a rule of RULES at a path; ``detail`` defaults to its meaning. Raises KeyError for another rule."""
        if self._found is None:
            self._found = {}
        self._found.setdefault((rule, path), Note(rule, path, detail or RULES[rule]))

    def all(self) -> tuple[Note, ...]:
        """What was noted."""
        return tuple(self._found.values()) if self._found else ()
