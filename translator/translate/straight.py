"""What is read from the context of each call: a table's rows, one after the other.

Written by ``make compiled`` from the tables in fields.py and campaign.py, which say why; a test holds them together.
Pure.
"""

from __future__ import annotations

from translator.parcels import Json
from translator.translate.campaign import Told, tell
from translator.translate.fields import address, degrees, platform, put
from translator.translate.limits import MAX_TEXT
from translator.translate.notes import Notes
from translator.translate.paths import text


def objects_of_event(context: Json, found: Json, notes: Notes) -> None:
    """What stands in objects of a context."""
    given = context.get("app")
    if type(given) is dict:
        get = given.get
        value = get("version")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["app_version"] = value
        elif value is not None:
            put(found, "app_version", text, value, notes)
    given = context.get("device")
    if type(given) is dict:
        get = given.get
        if (value := get("type")) is not None:
            put(found, "platform", platform, value, notes)
        value = get("brand")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["device_brand"] = value
        elif value is not None:
            put(found, "device_brand", text, value, notes)
        value = get("manufacturer")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["device_manufacturer"] = value
        elif value is not None:
            put(found, "device_manufacturer", text, value, notes)
        value = get("model")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["device_model"] = value
        elif value is not None:
            put(found, "device_model", text, value, notes)
    given = context.get("os")
    if type(given) is dict:
        get = given.get
        value = get("name")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["os_name"] = value
        elif value is not None:
            put(found, "os_name", text, value, notes)
        value = get("version")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["os_version"] = value
        elif value is not None:
            put(found, "os_version", text, value, notes)
    given = context.get("network")
    if type(given) is dict:
        get = given.get
        value = get("carrier")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["carrier"] = value
        elif value is not None:
            put(found, "carrier", text, value, notes)
    given = context.get("location")
    if type(given) is dict:
        get = given.get
        value = get("country")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["country"] = value
        elif value is not None:
            put(found, "country", text, value, notes)
        value = get("region")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["region"] = value
        elif value is not None:
            put(found, "region", text, value, notes)
        value = get("city")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["city"] = value
        elif value is not None:
            put(found, "city", text, value, notes)
        if (value := get("latitude")) is not None:
            put(found, "location_lat", degrees, value, notes)
        if (value := get("longitude")) is not None:
            put(found, "location_lng", degrees, value, notes)


def texts_of_event(context: Json, found: Json, notes: Notes) -> None:
    """What stands in a context itself."""
    get = context.get
    value = get("locale")
    if value and type(value) is str and len(value) <= MAX_TEXT:
        found["language"] = value
    elif value is not None:
        put(found, "language", text, value, notes)
    value = get("ip")
    if value and type(value) is str and len(value) <= MAX_TEXT and value != "$remote":
        found["ip"] = value
    elif value is not None:
        put(found, "ip", address, value, notes)


def objects_of_identify(context: Json, found: Json, notes: Notes) -> None:
    """What stands in objects of a context."""
    given = context.get("app")
    if type(given) is dict:
        get = given.get
        value = get("version")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["app_version"] = value
        elif value is not None:
            put(found, "app_version", text, value, notes)
    given = context.get("device")
    if type(given) is dict:
        get = given.get
        if (value := get("type")) is not None:
            put(found, "platform", platform, value, notes)
        value = get("brand")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["device_brand"] = value
        elif value is not None:
            put(found, "device_brand", text, value, notes)
        value = get("manufacturer")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["device_manufacturer"] = value
        elif value is not None:
            put(found, "device_manufacturer", text, value, notes)
        value = get("model")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["device_model"] = value
        elif value is not None:
            put(found, "device_model", text, value, notes)
    given = context.get("os")
    if type(given) is dict:
        get = given.get
        value = get("name")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["os_name"] = value
        elif value is not None:
            put(found, "os_name", text, value, notes)
        value = get("version")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["os_version"] = value
        elif value is not None:
            put(found, "os_version", text, value, notes)
    given = context.get("network")
    if type(given) is dict:
        get = given.get
        value = get("carrier")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["carrier"] = value
        elif value is not None:
            put(found, "carrier", text, value, notes)
    given = context.get("location")
    if type(given) is dict:
        get = given.get
        value = get("country")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["country"] = value
        elif value is not None:
            put(found, "country", text, value, notes)
        value = get("region")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["region"] = value
        elif value is not None:
            put(found, "region", text, value, notes)
        value = get("city")
        if value and type(value) is str and len(value) <= MAX_TEXT:
            found["city"] = value
        elif value is not None:
            put(found, "city", text, value, notes)


def texts_of_identify(context: Json, found: Json, notes: Notes) -> None:
    """What stands in a context itself."""
    get = context.get
    value = get("locale")
    if value and type(value) is str and len(value) <= MAX_TEXT:
        found["language"] = value
    elif value is not None:
        put(found, "language", text, value, notes)


def campaign(context: Json) -> tuple[Told, Told]:
    """The utm_ properties and the ``referrer`` of a context, and the same under the names that are set once; an empty
    text stays: it says that there was none."""
    found: Told = {}
    first: Told = {}
    given = context.get("campaign")
    if type(given) is dict:
        get = given.get
        value = get("source")
        if type(value) is str:
            found["utm_source"] = first["initial_utm_source"] = value
        elif value is not None:
            tell(found, first, "utm_source", value)
        value = get("medium")
        if type(value) is str:
            found["utm_medium"] = first["initial_utm_medium"] = value
        elif value is not None:
            tell(found, first, "utm_medium", value)
        value = get("name")
        if type(value) is str:
            found["utm_campaign"] = first["initial_utm_campaign"] = value
        elif value is not None:
            tell(found, first, "utm_campaign", value)
        value = get("term")
        if type(value) is str:
            found["utm_term"] = first["initial_utm_term"] = value
        elif value is not None:
            tell(found, first, "utm_term", value)
        value = get("content")
        if type(value) is str:
            found["utm_content"] = first["initial_utm_content"] = value
        elif value is not None:
            tell(found, first, "utm_content", value)
    given = context.get("page")
    if type(given) is dict:
        get = given.get
        value = get("referrer")
        if type(value) is str:
            found["referrer"] = first["initial_referrer"] = value
        elif value is not None:
            tell(found, first, "referrer", value)
    return found, first
