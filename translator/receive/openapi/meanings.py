"""What each call means at Segment, and what it becomes in Amplitude, for people who read /openapi.json.

Short: what exactly becomes of which key is told by the README's tables, with a case for each.
"""

from __future__ import annotations

from translator.parcels import Json

SPEC = "https://segment.com/docs/connections/spec"

MEANINGS: dict[str, str] = {
    "identify": (
        "Who somebody is: an id, and traits such as an email address or a plan. In Amplitude it sets the user's "
        "properties, and the user's groups where the configuration reads some from it."
    ),
    "group": (
        "Somebody belongs to a group, such as a company or an account; without a user it only says something of the "
        "group. In Amplitude the user joins the group of the type and value that the configuration finds in the "
        "traits, and the traits become that group's properties; where it finds none, the group is `[Segment] Group` = "
        "groupId, unless `groups.fallback` says otherwise."
    ),
    "track": (
        "Somebody did something: `event` is its name, `properties` say more of it. In Amplitude it becomes an event "
        "of that name; an `Order Completed` also becomes one `Product Purchased` for each of its products."
    ),
    "page": (
        "Somebody looked at a page of a web site. In Amplitude it becomes an event, `Viewed Pricing` for a page of "
        "that name; with the preset `classic` only where `translate.pages` says so."
    ),
    "screen": (
        "Somebody looked at a screen of an app, as `page` says it of web sites. In Amplitude it becomes an event, "
        "`Viewed Home` for a screen of that name."
    ),
    "alias": (
        "Two ids are one person: who was `previousId` is `userId`. In Amplitude it becomes a mapping of the one user "
        "to the other, where `translate.alias` is true; else nothing."
    ),
    "delete": (
        "Somebody is to be forgotten: Segment's privacy requests send this through its Webhook destination, and only "
        "/webhook takes it. In Amplitude it becomes a request to delete the user, where `translate.delete` is true; "
        "else nothing."
    ),
}
"""By type."""

# Sources: what a call becomes: README, "What becomes of each call". That a group call needs no user:
# docs/differences.md, row 8. That a delete comes from Segment's privacy requests: segment-actions.md section 12
# (2025-11-07).


def meaning(kind: str) -> Json:
    """For a call's schema: the sentences, and where Segment says more of it."""
    more = {} if kind == "delete" else {"externalDocs": {"description": "Segment's spec", "url": f"{SPEC}/{kind}/"}}
    return {"description": MEANINGS[kind], **more}
