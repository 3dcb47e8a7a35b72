"""A call of each type as SDKs send them, for people who read /openapi.json. A test holds them against the schemas."""

from __future__ import annotations

from translator.parcels import Json

CALLS: dict[str, Json] = {
    "identify": {
        "messageId": "ajs-next-1795564800000-ada",
        "userId": "ada",
        "anonymousId": "d7e1c0de-ada",
        "traits": {"email": "ada@example.com", "role": "Engineer"},
        "context": {"campaign": {"source": "newsletter", "name": "spring"}},
        "timestamp": "2026-11-25T00:00:00.000Z",
    },
    "group": {
        "messageId": "ajs-next-1795564801000-ada",
        "userId": "ada",
        "groupId": "082108b9-f41d-486g-9d2d-b5ab68bb3d5o",
        "traits": {
            "group_type": "Organization",
            "name": "ExampleCorp, LLC",
            "employees": "20",
            "email": "hello@example.com",
        },
        "timestamp": "2026-11-25T00:00:01.000Z",
    },
    "track": {
        "messageId": "ajs-next-1795564802000-ada",
        "userId": "ada",
        "anonymousId": "d7e1c0de-ada",
        "event": "Clicked Benefits Dropdown",
        "properties": {"dropdownColor": "blue"},
        "integrations": {"Amplitude": {"groups": {"onboarding_cohort": "Summer 2022"}}},
        "timestamp": "2026-11-25T00:00:02.000Z",
    },
    "page": {
        "messageId": "ajs-next-1795564803000-ada",
        "anonymousId": "d7e1c0de-ada",
        "name": "Pricing",
        "properties": {"url": "https://www.example.com/pricing", "title": "Pricing"},
        "timestamp": "2026-11-25T00:00:03.000Z",
    },
    "screen": {
        "messageId": "swift-1795564804000-ada",
        "anonymousId": "5f2c9a0e-ada",
        "name": "Home",
        "context": {"device": {"id": "5f2c9a0e-ada", "model": "iPhone17,1"}, "os": {"name": "iOS", "version": "26.1"}},
        "timestamp": "2026-11-25T00:00:04.000Z",
    },
    "alias": {
        "messageId": "node-1795564805000-ada",
        "userId": "ada",
        "previousId": "d7e1c0de-ada",
        "timestamp": "2026-11-25T00:00:05.000Z",
    },
    "delete": {
        "messageId": "privacy-1795564806000-ada",
        "userId": "ada",
        "timestamp": "2026-11-25T00:00:06.000Z",
    },
}
"""By type, without it. The group, track and identify calls are those of Amplitude's accounts guide as fixtures/demo has
them."""
