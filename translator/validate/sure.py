"""What calls of each type need to be surely good.

Written by ``make compiled`` from the schemas beside it, which say why; a test holds both together. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from translator.validate.common import MAX_MESSAGE_ID, OBJECTS, SCALARS

Get = Callable[[str], Any]
"""A message's ``get``."""


def _identify(get: Get) -> bool:
    return (
        type(messageId := get("messageId")) in SCALARS
        and type(userId := get("userId")) in SCALARS
        and type(anonymousId := get("anonymousId")) in SCALARS
        and type(get("traits")) in OBJECTS
        and type(get("properties")) in OBJECTS
        and type(get("integrations")) in OBJECTS
        and len(messageId if type(messageId) is str else str(messageId)) <= MAX_MESSAGE_ID
        and ((userId is not None and userId != "") or (anonymousId is not None and anonymousId != ""))
    )


def _group(get: Get) -> bool:
    return (
        type(messageId := get("messageId")) in SCALARS
        and type(get("userId")) in SCALARS
        and type(get("anonymousId")) in SCALARS
        and type(groupId := get("groupId")) in SCALARS
        and type(get("traits")) in OBJECTS
        and type(get("properties")) in OBJECTS
        and type(get("integrations")) in OBJECTS
        and groupId is not None
        and groupId != ""
        and len(messageId if type(messageId) is str else str(messageId)) <= MAX_MESSAGE_ID
    )


def _track(get: Get) -> bool:
    return (
        type(messageId := get("messageId")) in SCALARS
        and type(userId := get("userId")) in SCALARS
        and type(anonymousId := get("anonymousId")) in SCALARS
        and type(event := get("event")) in SCALARS
        and type(get("traits")) in OBJECTS
        and type(get("properties")) in OBJECTS
        and type(get("integrations")) in OBJECTS
        and event is not None
        and event != ""
        and len(messageId if type(messageId) is str else str(messageId)) <= MAX_MESSAGE_ID
        and ((userId is not None and userId != "") or (anonymousId is not None and anonymousId != ""))
    )


def _page(get: Get) -> bool:
    return (
        type(messageId := get("messageId")) in SCALARS
        and type(userId := get("userId")) in SCALARS
        and type(anonymousId := get("anonymousId")) in SCALARS
        and type(get("name")) in SCALARS
        and type(get("category")) in SCALARS
        and type(get("traits")) in OBJECTS
        and type(get("properties")) in OBJECTS
        and type(get("integrations")) in OBJECTS
        and len(messageId if type(messageId) is str else str(messageId)) <= MAX_MESSAGE_ID
        and ((userId is not None and userId != "") or (anonymousId is not None and anonymousId != ""))
    )


def _screen(get: Get) -> bool:
    return (
        type(messageId := get("messageId")) in SCALARS
        and type(userId := get("userId")) in SCALARS
        and type(anonymousId := get("anonymousId")) in SCALARS
        and type(get("name")) in SCALARS
        and type(get("category")) in SCALARS
        and type(get("traits")) in OBJECTS
        and type(get("properties")) in OBJECTS
        and type(get("integrations")) in OBJECTS
        and len(messageId if type(messageId) is str else str(messageId)) <= MAX_MESSAGE_ID
        and ((userId is not None and userId != "") or (anonymousId is not None and anonymousId != ""))
    )


def _alias(get: Get) -> bool:
    return (
        type(messageId := get("messageId")) in SCALARS
        and type(userId := get("userId")) in SCALARS
        and type(get("anonymousId")) in SCALARS
        and type(previousId := get("previousId")) in SCALARS
        and type(get("traits")) in OBJECTS
        and type(get("properties")) in OBJECTS
        and type(get("integrations")) in OBJECTS
        and userId is not None
        and userId != ""
        and previousId is not None
        and previousId != ""
        and len(messageId if type(messageId) is str else str(messageId)) <= MAX_MESSAGE_ID
    )


def _delete(get: Get) -> bool:
    return (
        type(messageId := get("messageId")) in SCALARS
        and type(userId := get("userId")) in SCALARS
        and type(get("anonymousId")) in SCALARS
        and type(get("traits")) in OBJECTS
        and type(get("properties")) in OBJECTS
        and type(get("integrations")) in OBJECTS
        and userId is not None
        and userId != ""
        and len(messageId if type(messageId) is str else str(messageId)) <= MAX_MESSAGE_ID
    )


SURE: Mapping[str, Callable[[Get], bool]] = {
    "identify": _identify,
    "group": _group,
    "track": _track,
    "page": _page,
    "screen": _screen,
    "alias": _alias,
    "delete": _delete,
}
