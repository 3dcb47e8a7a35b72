"""What the start should say once. Pure."""

from __future__ import annotations

from translator.settings.values import Groups, Settings


def warnings(settings: Settings) -> list[str]:
    """What is allowed, and may not be meant."""
    return [*_door(settings), *_tracking(settings), *_dashboard(settings), *_groups(settings), *_destinations(settings)]


def _door(settings: Settings) -> list[str]:
    segment = settings.segment
    if not segment.shared_secret and not segment.header_token:
        if segment.write_keys:
            return ["no segment.shared_secret (SEGMENT_SHARED_SECRET): /webhook takes calls from this machine only"]
        return [
            "no segment.shared_secret (SEGMENT_SHARED_SECRET) and no segment.write_keys (SEGMENT_WRITE_KEYS): calls "
            "are accepted from this machine only"
        ]
    if segment.shared_secret and not segment.header_token and segment.arrays == "signed":
        return [
            "Segment signs only the first call of an array: set segment.header_token to protect the others, or "
            'segment.arrays = "token-only" to refuse arrays'
        ]
    return []


def _tracking(settings: Settings) -> list[str]:
    segment = settings.segment
    if segment.origins and not segment.write_keys:
        return ["segment.origins without segment.write_keys: /v1 takes calls from this machine only"]
    if "*" in segment.origins:
        return ["segment.origins has *: any page on the web that knows a write key may send"]
    return []


def _dashboard(settings: Settings) -> list[str]:
    if settings.dashboard.password is None or settings.server.behind_proxy:
        return []
    return [
        "this machine needs no dashboard.password: if a proxy on it passes requests on, set server.behind_proxy = "
        "true, or everybody counts as this machine"
    ]


def _groups(settings: Settings) -> list[str]:
    every = [one.translation.groups for one in settings.destinations.values()] or [settings.groups]
    said = []
    if any(_joins(groups) for groups in every):
        said.append(
            "user-level groups cannot be unset in Amplitude, only overwritten: groups.level, rules with level user"
        )
    if any(bool(groups.type_trait) != bool(groups.value_trait) for groups in every):
        said.append("only one of groups.type_trait and groups.value_trait is set: every group call falls back")
    return said


def _joins(groups: Groups) -> bool:
    return groups.level in ("user", "both") or any(rule.level == "user" for rule in groups.rules)


def _destinations(settings: Settings) -> list[str]:
    if settings.destinations or not settings.server.delivery:
        return []
    return ["no destination (AMPLITUDE_API_KEY): calls are accepted and wait"]
