"""What the local Amplitude knows: users, groups, events, requests. In memory, bounded; optionally kept in a file."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from translator.sandbox.operations import apply

DEDUPE_SECONDS = 7 * 24 * 3600
KEEP_EVENTS = 200_000
KEEP_INSERT_IDS = 2_000_000
KEEP_REQUESTS = 1000
GROUP_TYPES = 5
GROUP_VALUES = 10
TEXT = 1024
MODE = 0o600


@dataclass
class User:
    """A user, under its user_id; or a device, while no user_id is known of it."""

    key: str
    user_id: str | None = None
    device_ids: list[str] = field(default_factory=list)
    user_properties: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, Any] = field(default_factory=dict)
    events: int = 0
    mapped_to: str | None = None
    deletion_requested: bool = False


@dataclass
class Group:
    """A group of a type, and who was seen in it."""

    group_type: str
    group_value: str
    group_properties: dict[str, Any] = field(default_factory=dict)
    users: dict[str, None] = field(default_factory=dict)
    events: int = 0


class Store:
    """All of it, under one lock. ``data``: a file of JSON lines to keep what comes and to start from."""

    def __init__(self, data: str | None = None, keep_events: int = KEEP_EVENTS) -> None:
        self.lock = threading.RLock()
        self._keep = keep_events
        self.clear()
        self._file: Any = None
        if data is not None:
            self._load(Path(data))
            self._file = os.fdopen(os.open(data, os.O_WRONLY | os.O_APPEND | os.O_CREAT, MODE), "ab")

    def clear(self) -> None:
        """Forget everything (not what is in the file)."""
        with self.lock:
            self.users: dict[str, User] = {}
            self.groups: dict[tuple[str, str], Group] = {}
            self.group_types: dict[str, None] = {}
            self.events: deque[dict[str, Any]] = deque(maxlen=self._keep)
            self.requests: deque[dict[str, Any]] = deque(maxlen=KEEP_REQUESTS)
            self.counts: Counter[str] = Counter()
            self.deletions: list[tuple[str, str | None, float]] = []
            self._seen: OrderedDict[tuple[str, str | None, str], float] = OrderedDict()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def ingest(self, api: str, api_key: str, bodies: list[Any]) -> int:
        """Take records of one request, in order; how many were no duplicates."""
        project, now = project_of(api_key), time.time()
        with self.lock:
            if self._file is not None:
                line = {"api": api, "project": project, "at": now, "bodies": bodies}
                self._file.write(orjson.dumps(line) + b"\n")
                self._file.flush()
            return self._take(api, project, now, bodies)

    def knows_user(self, user_id: str) -> bool:
        """Whether anything of a user has come."""
        with self.lock:
            return user_id in self.users

    def remember_request(self, **facts: Any) -> None:
        """Keep a line about a request, for people."""
        with self.lock:
            self.counts["requests"] += 1
            self.requests.append(facts)

    def _take(self, api: str, project: str, now: float, bodies: list[Any]) -> int:
        fresh = 0
        for body in bodies:
            if self._is_duplicate(project, body, now):
                self.counts["duplicates"] += 1
                continue
            fresh += 1
            self._take_one(api, project, now, body)
        return fresh

    def _take_one(self, api: str, project: str, now: float, body: dict[str, Any]) -> None:
        body = shortened(body)
        kind = kind_of(api, body)
        self.counts[kind] += 1
        in_force: dict[str, Any] = {}
        if kind == "user_map":
            user = self._user(body["user_id"], None)
            user.mapped_to = None if body.get("unmap") is True else body.get("global_user_id")
        elif kind == "user_deletion":
            self._user(body["user_id"], None).deletion_requested = True
            self.deletions.append((body["user_id"], body.get("requester"), now))
        elif kind == "group_identify":
            self._group_identify(body)
        else:
            in_force = self._of_user(kind, body)
        row = {"project": project, "api": api, "kind": kind, "arrived_at": int(now * 1000), "body": body}
        self.events.append({**row, "groups_in_force": in_force})

    def _of_user(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change the user of an event or identify; the groups that count for an event, its own before the user's."""
        user = self._user(body.get("user_id"), body.get("device_id"))
        apply(user.user_properties, body.get("user_properties"))
        own = self._kept_groups(body.get("groups"))
        if kind == "identify":
            user.groups.update(own)
            self._count(user, own, 0)
            return own
        user.events += 1
        in_force = {**user.groups, **own}
        self._count(user, in_force, 1)
        return in_force

    def _user(self, user_id: Any, device_id: Any) -> User:
        key = user_id if isinstance(user_id, str) and user_id else f"device:{device_id}"
        user = self.users.get(key)
        if user is None:
            user = self.users[key] = User(key, user_id if key == user_id else None)
        if isinstance(device_id, str) and device_id not in user.device_ids:
            user.device_ids.append(device_id)
        return user

    def _kept_groups(self, groups: Any) -> dict[str, Any]:
        """Groups within the limits; what is over them is dropped in silence, as Amplitude does."""
        kept: dict[str, Any] = {}
        room = GROUP_VALUES
        for kind, value in (groups if isinstance(groups, dict) else {}).items():
            values = [str(one) for one in (value if isinstance(value, list) else [value]) if one is not None][:room]
            if not values or not self._has_type(kind):
                continue
            room -= len(values)
            kept[kind] = values[0] if len(values) == 1 else values
        return kept

    def _has_type(self, kind: str) -> bool:
        if kind not in self.group_types and len(self.group_types) >= GROUP_TYPES:
            return False
        self.group_types[kind] = None
        return True

    def _group(self, kind: str, value: str) -> Group:
        return self.groups.setdefault((kind, value), Group(kind, value))

    def _group_identify(self, body: dict[str, Any]) -> None:
        named = body.get("groups") or {body.get("group_type"): body.get("group_value")}
        for kind, value in self._kept_groups(named).items():
            for one in value if isinstance(value, list) else [value]:
                apply(self._group(kind, one).group_properties, body.get("group_properties"))

    def _count(self, user: User, groups: dict[str, Any], events: int) -> None:
        for kind, value in groups.items():
            for one in value if isinstance(value, list) else [value]:
                group = self._group(kind, one)
                group.users[user.key] = None
                group.events += events

    def _is_duplicate(self, project: str, body: dict[str, Any], now: float) -> bool:
        insert_id = body.get("insert_id")
        if not isinstance(insert_id, str):
            return False
        key = (project, body.get("device_id"), insert_id)
        seen = self._seen.get(key)
        if seen is not None and now - seen < DEDUPE_SECONDS:
            return True
        self._seen[key] = now
        if len(self._seen) > KEEP_INSERT_IDS:
            self._seen.popitem(last=False)
        return False

    def _load(self, path: Path) -> None:
        if not path.exists():
            return
        for line in path.read_bytes().splitlines():
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue  # the last line of a process that was killed
            self._take(row["api"], row["project"], row["at"], row["bodies"])


def project_of(api_key: str) -> str:
    """A name for the project of a key that does not give the key away."""
    return "project-" + hashlib.sha256(api_key.encode()).hexdigest()[:8]


def kind_of(api: str, body: dict[str, Any]) -> str:
    """What a record is, whichever way it came."""
    if api in ("identify", "groupidentify", "usermap", "deletions"):
        own = {"identify": "identify", "groupidentify": "group_identify", "usermap": "user_map"}
        return own.get(api, "user_deletion")
    return {"$identify": "identify", "$groupidentify": "group_identify"}.get(body.get("event_type", ""), "event")


def shortened(value: Any) -> Any:
    """Texts cut to 1,024 characters, in silence, as Amplitude does."""
    if isinstance(value, str):
        return value if len(value) <= TEXT else value[:TEXT]
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value]
    return value
