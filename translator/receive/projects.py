"""What analytics.js asks for when it starts: where to send, and that nothing is to be loaded from elsewhere. Pure."""

from __future__ import annotations

from typing import Any

MOST_TRIES = 100
"""Of each call that is answered 429 or 503, or not at all. By itself the library gives up after 10, and then the call
is lost (analytics-next 1.84.3, read and tried 2026-11-25)."""


def project(write_key: str, host: str, protocol: str) -> dict[str, Any]:
    """The settings of a source, for ``<cdnURL>/v1/projects/<writeKey>/settings``.

    ``host``: of this service, with its port; ``protocol``: http or https. As analytics-next 1.84.3 reads them (its
    source, 2026-11-25): it sends to ``protocol://apiHost/t`` and so on. A sample rate of 0 keeps it from reporting to
    Segment; any other integration, remote plugin or routing rule would make it load code from Segment.
    """
    integration = {
        "apiKey": write_key,
        "apiHost": f"{host}/v1",
        "protocol": protocol,
        "unbundledIntegrations": [],
        "addBundledMetadata": True,
        "maybeBundledConfigIds": {},
        "httpConfig": {
            "rateLimitConfig": {"maxRetryCount": MOST_TRIES},
            "backoffConfig": {"maxRetryCount": MOST_TRIES},
        },
    }
    return {
        "integrations": {"Segment.io": integration},
        "metrics": {"sampleRate": 0},
        "plan": {},
        "enabledMiddleware": {},
        "remotePlugins": [],
        "middlewareSettings": {"routingRules": []},
        "legacyVideoPluginsEnabled": False,
    }
