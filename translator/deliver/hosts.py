"""Where Amplitude's APIs are. Pure.

Sources: amplitude-api.md section 1 (amplitude-docs 6e7e48e, 2026-03-13). The EU address of User Mapping is absent there
and taken from Segment's destination (action-destinations 970a17e, regional-endpoints), as is the path of deletions.
"""

from __future__ import annotations

from typing import Literal

from translator.settings.values import Destination, Region

Api = Literal["http-v2", "batch", "identify", "groupidentify", "usermap", "deletions"]

PATHS: dict[Api, str] = {
    "http-v2": "/2/httpapi",
    "batch": "/batch",
    "identify": "/identify",
    "groupidentify": "/groupidentify",
    "usermap": "/usermap",
    "deletions": "/api/2/deletions/users",
}
INGESTION: dict[Region, str] = {"us": "https://api2.amplitude.com", "eu": "https://api.eu.amplitude.com"}
OTHER: dict[tuple[Api, Region], str] = {
    ("usermap", "us"): "https://api.amplitude.com",
    ("deletions", "us"): "https://amplitude.com",
    ("deletions", "eu"): "https://analytics.eu.amplitude.com",
}


def address(destination: Destination, api: Api) -> str:
    """The URL of an API for a destination; its own ``url`` takes the place of every host."""
    host = destination.url or OTHER.get((api, destination.region)) or INGESTION[destination.region]
    return host.rstrip("/") + PATHS[api]
