"""What the local Amplitude knows: users, groups, events, requests. In memory, bounded; optionally kept in a file."""

from __future__ import annotations

import logging
import os
import threading
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Collection
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

from translator.sandbox.operations import apply
from translator.sandbox.project import Project, project_of
from translator.sandbox.rules import RULES, Lost, excerpt, fitted, revenue
from translator.sandbox.seen import Seen
from translator.sandbox.subjects import DAY_MS, Group, User, user_key
from translator.sandbox.taxonomy import Around, Taxonomy
from translator.sandbox.totals import Totals

KEEP_EVENTS = 200_000
KEEP_BYTES = 128 * 1024 * 1024
"""Of records as JSON text. As Python's values they are some times larger."""

KEEP_REQUESTS = 1000
KEEP_DROPS = 2000
SHOWN_RECORDS = 20
"""Of a request, in the request log."""

MODE = 0o600

Row = dict[str, Any]
_log = logging.getLogger("translator")


class Taken(NamedTuple):
    """What became of the records of a request. ``drops``: silent ones, duplicates aside. ``numbers``: of the first."""

    fresh: int
    duplicates: int
    drops: int
    numbers: tuple[int | None, ...] = ()


class Store:
    """All of it, under one lock. ``data``: a file of JSON lines to keep what comes and to start from."""

    def __init__(self, data: str | None = None, keep_events: int = KEEP_EVENTS, keep_bytes: int = KEEP_BYTES) -> None:
        self.lock = threading.RLock()
        self.data = data
        self._keep = keep_events
        self._keep_bytes = keep_bytes
        self._file: BinaryIO | None = None
        self.cleared = 0
        self.clear()
        if data is not None:
            file = _opened(data)
            self._load(Path(data).read_bytes())
            self._file = file

    def clear(self) -> None:
        """Forget everything (not what is in the file)."""
        with self.lock:
            self.cleared += 1
            self.users: dict[str, User] = {}
            self.groups: dict[tuple[str, str], Group] = {}
            self.projects: dict[str, Project] = {}
            self.taxonomies: dict[str, Taxonomy] = {}
            self.events: deque[Row] = deque()
            self._sizes: deque[int] = deque()
            self._bytes = 0
            self._swept = 0
            self.number = 0
            self.requests: deque[dict[str, Any]] = deque(maxlen=KEEP_REQUESTS)
            self.counts: Counter[str] = Counter()
            self.drops: deque[dict[str, Any]] = deque(maxlen=KEEP_DROPS)
            self.drop_counts: Counter[str] = Counter()
            self.deletions: list[tuple[str, str | None, float]] = []
            self.totals = Totals()
            self._seen = Seen()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def ingest(self, api: str, api_key: str, bodies: list[Any], size: int | None = None) -> Taken:
        """Take records of one request, in order; what became of them. ``size``: their bytes as JSON, where known."""
        project, now = project_of(api_key), time.time()
        size = len(_line({"bodies": bodies})) if size is None else size
        with self.lock:
            if self._file is not None:
                self._file.write(_line({"api": api, "project": project, "at": now, "bodies": bodies}))
                self._file.flush()
            taken = self._take(api, project, now, bodies, size)
            self.counts["ingested"] += taken.fresh
            return taken

    def plan(self, api_key: str, change: dict[str, Any], own: Collection[str] = ()) -> None:
        """Change a project's tracking plan: ``method``, ``name`` and what was ``sent``. ``own``: group properties that
        Amplitude made. Raises Refused."""
        project = project_of(api_key)
        with self.lock:
            self._plan(project, change, own)
            if self._file is not None:
                self._file.write(_line({"api": "taxonomy", "project": project, "at": time.time(), "bodies": [change]}))
                self._file.flush()

    def planned(self, api_key: str, group_type: str | None, name: str | None, own: Collection[str] = ()) -> Any:
        """The group properties of a project's tracking plan, or the one of a name. Raises Refused."""
        project = project_of(api_key)
        with self.lock:
            plan, around = self.taxonomies.get(project, Taxonomy()), self._around(project, own)
            return plan.listed(group_type, around) if name is None else plan.one(name, group_type, around)

    def knows_user(self, key: str) -> bool:
        """Whether anything of a user has come."""
        with self.lock:
            return key in self.users

    def remember_request(self, **facts: Any) -> None:
        """Keep a line about a request, for people."""
        with self.lock:
            self.counts["requests"] += 1
            self.requests.append({"number": self.counts["requests"], **facts})

    def row(self, number: int) -> Row | None:
        """The record of a number, while it is kept."""
        place = number - self.first
        return self.events[place] if 0 <= place < len(self.events) else None

    @property
    def first(self) -> int:
        """The number of the oldest record that is kept."""
        return self.number - len(self.events) + 1

    def _plan(self, project: str, change: dict[str, Any], own: Collection[str] = ()) -> None:
        plan = self.taxonomies.get(project, Taxonomy())
        plan.apply(change["method"], change["name"], change["sent"], self._around(project, own))
        self.taxonomies[project] = plan

    def _around(self, project: str, own: Collection[str]) -> Around:
        known = self.projects.get(project, Project(project))
        return Around(known.group_types, known.group_properties, own)

    def _take(self, api: str, project: str, now: float, bodies: list[Any], size: int) -> Taken:
        known = self.projects.get(project)
        if known is None:
            known = self.projects[project] = Project(project)
        before = self.drop_counts.total()
        new = [self._take_one(api, known, now, body) for body in bodies]
        fresh = sum(new)
        duplicates = len(bodies) - fresh
        # each as large as the mean of its request, which is exact for all of it together
        self._keep_within(fresh, size // max(len(bodies), 1))
        self.counts["duplicates"] += duplicates
        drops = self.drop_counts.total() - before - duplicates
        return Taken(fresh, duplicates, drops, _numbered(self.number - fresh, new[:SHOWN_RECORDS]))

    def _keep_within(self, fresh: int, size: int) -> None:
        """Count the newest records' bytes; forget the oldest ones where there are too many, the newest one never."""
        self._sizes.extend([size] * fresh)
        self._bytes += size * fresh
        while len(self.events) > self._keep or (self._bytes > self._keep_bytes and len(self.events) > 1):
            self.events.popleft()
            self._bytes -= self._sizes.popleft()
        if self.number - self._swept >= self._keep:
            self._swept = self.number
            self._sweep()

    def _take_one(self, api: str, project: Project, now: float, body: dict[str, Any]) -> bool:
        """Take a record; whether it is no duplicate."""
        lost: list[Lost] = []
        kind = kind_of(api, body)
        row: Row = {"number": None, "project": project.name, "api": api, "kind": kind, "arrived_at": int(now * 1000)}
        again = self._seen.again(project.name, kind, body, now)
        if again is not None:
            lost.append(again)
            row |= {"body": fitted(body, []), "groups_in_force": {}}
            self._note(row, lost)
            return False
        body = fitted(body, lost)
        row["number"] = number = self.number = self.number + 1
        row["body"] = body
        self.counts[kind] += 1
        if kind == "event" or kind == "identify":
            user = self._user(body.get("user_id"), body.get("device_id"), number)
            self._of_user(user, project, now, row, lost)
        else:
            row["groups_in_force"], row["groups_of_user"] = {}, ()
            self._of_no_event(row, project, now, lost)
        self.events.append(row)
        row["drops"] = self._note(row, lost) if lost else ()
        return True

    def _of_no_event(self, row: Row, project: Project, now: float, lost: list[Lost]) -> None:
        api, kind, body = row["api"], row["kind"], row["body"]
        if kind == "group_identify":
            self._group_identify(api, project, body, lost)
            return
        user = self._user(body["user_id"], None, self.number)
        if kind == "user_map":
            user.mapped_to = None if body.get("unmap") is True else body.get("global_user_id")
        else:
            user.deletion_requested = True
            self.deletions.append((body["user_id"], body.get("requester"), now))

    def _of_user(self, user: User, project: Project, now: float, row: Row, lost: list[Lost]) -> None:
        """Change the user of an event or identify; the groups that count for it, its own before the user's."""
        body = row["body"]
        change = body.get("user_properties")
        # such an event has its own user properties and leaves the user's alone (section 2.1.2, 2026-11-24)
        if body.get("$skip_user_properties_sync") is not True:
            if change and isinstance(change, dict):
                apply(user.user_properties, change, "user_properties", lost)
                project.user(change, lost)
                user.count_update(now, lost)
            user.set_fields(body, lost)
        ignored = body.get("group_properties")
        if ignored and isinstance(ignored, dict):
            lost.append(("group_properties_ignored", "group_properties", excerpt(", ".join(ignored))))
        own = project.groups(body.get("groups"), lost)
        row["groups_in_force"], row["groups_of_user"] = own, ()
        if row["kind"] == "identify":
            user.groups.update(own)
            self.totals.identify(own)
            self._join(user, own)
            return
        user.events += 1
        project.event(body.get("event_type", ""), body.get("event_properties"), lost)
        revenue(body, lost)
        if user.groups:
            row["groups_in_force"] = {**user.groups, **own}
            row["groups_of_user"] = tuple([kind for kind in user.groups if kind not in own])
        self.totals.event(body.get("event_type", ""), row["groups_in_force"], own)
        if row["groups_in_force"]:
            at = body.get("time")
            self._count(user, row["groups_in_force"], (row["arrived_at"] if at is None else at) // DAY_MS)

    def _user(self, user_id: Any, device_id: Any, number: int) -> User:
        key = user_id if isinstance(user_id, str) and user_id else f"device:{device_id}"
        user = self.users.get(key)
        if user is None:
            user = self.users[key] = User(key, user_id if key == user_id else None)
        if isinstance(device_id, str) and device_id not in user.device_ids:
            user.device_ids.append(device_id)
        user.rows.append(number)
        return user

    def _group(self, kind: str, value: str) -> Group:
        """A group, the record that is being taken noted as its newest."""
        group = self.groups.get((kind, value))
        if group is None:
            group = self.groups[kind, value] = Group(kind, value)
        group.rows.append(self.number)
        return group

    def _group_identify(self, api: str, project: Project, body: dict[str, Any], lost: list[Lost]) -> None:
        change = body.get("group_properties")
        for kind, value in project.groups(named_groups(api, body), lost).items():
            for one in value if isinstance(value, list) else [value]:
                noted: list[Lost] = []
                apply(self._group(kind, one).group_properties, change, "group_properties", noted)
                lost += [one for one in noted if one not in lost]
        if change and isinstance(change, dict):
            project.group(change, lost)

    def _join(self, user: User, groups: dict[str, Any]) -> None:
        for kind, value in groups.items():
            for one in value if isinstance(value, list) else (value,):
                self._group(kind, one).users[user.key] = None

    def _count(self, user: User, groups: dict[str, Any], day: int) -> None:
        for kind, value in groups.items():
            for one in value if isinstance(value, list) else (value,):
                self._group(kind, one).count_event(user.key, day)

    def _note(self, row: Row, lost: list[Lost]) -> tuple[dict[str, Any], ...]:
        """Keep what was dropped of a record."""
        body = row["body"]
        about = {
            "record": row["number"],
            "kind": row["kind"],
            "event_type": body.get("event_type"),
            "insert_id": body.get("insert_id"),
            "user": user_key(body),
            "groups": {**row["groups_in_force"], **named_groups(row["api"], body)},
            "project": row["project"],
            "at": row["arrived_at"],
        }
        noted = tuple(
            {"rule": rule, "sure": RULES[rule].sure, "path": path, "lost": what, **about} for rule, path, what in lost
        )
        for one in noted:
            self.drop_counts[one["rule"]] += 1
            self.drops.append(one)
        return noted

    def _sweep(self) -> None:
        """Forget the numbers of records that are gone."""
        for one in chain[User | Group](self.users.values(), self.groups.values()):
            del one.rows[: bisect_left(one.rows, self.first)]

    def _load(self, content: bytes) -> None:
        lines = [line for line in content.splitlines() if line.strip()]
        bad = sum([not self._take_again(line) for line in lines])
        if bad:
            # one is usual: the last of a process that was killed
            _log.warning("sandbox: %d of %d lines of %s cannot be read: left out", bad, len(lines), self.data)

    def _take_again(self, line: bytes) -> bool:
        """Take a line of the file; whether it is one that was written here."""
        try:
            row = orjson.loads(line)
            if row["api"] == "taxonomy":
                self._plan(row["project"], row["bodies"][0])
            else:
                self._take(row["api"], row["project"], row["at"], row["bodies"], len(line))
        except (ValueError, TypeError, KeyError, AttributeError):
            # what was counted for it is not kept
            self.number = self.events[-1]["number"] if self.events else 0
            self._keep_within(len(self.events) - len(self._sizes), len(line))
            return False
        return True


def _numbered(last: int, new: list[bool]) -> tuple[int | None, ...]:
    """The numbers of records that follow a number; None for a duplicate."""
    return tuple([last + count if one else None for one, count in zip(new, accumulate(new), strict=True)])


def kind_of(api: str, body: dict[str, Any]) -> str:
    """What a record is, whichever way it came."""
    if api in ("identify", "groupidentify", "usermap", "deletions"):
        own = {"identify": "identify", "groupidentify": "group_identify", "usermap": "user_map"}
        return own.get(api, "user_deletion")
    return {"$identify": "identify", "$groupidentify": "group_identify"}.get(body.get("event_type", ""), "event")


def named_groups(api: str, body: dict[str, Any]) -> dict[str, Any]:
    """The groups that a record names, by the keys of the door that it came through."""
    if api == "groupidentify":
        return {body["group_type"]: body.get("group_value")}
    groups = body.get("groups")
    return groups if groups and isinstance(groups, dict) else {}


def _opened(data: str) -> BinaryIO:
    """The file for what comes, after a half line of a process that was killed on a line of its own.

    Raises OSError where it cannot be written.
    """
    file = os.fdopen(os.open(data, os.O_RDWR | os.O_APPEND | os.O_CREAT, MODE), "a+b")
    if file.seek(0, os.SEEK_END):
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")
            file.flush()
    return file


def _line(row: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(row) + b"\n"
    except orjson.JSONEncodeError:
        return orjson.dumps({**row, "bodies": [_writable(one) for one in row["bodies"]]}) + b"\n"


def _writable(body: dict[str, Any]) -> dict[str, Any]:
    """A record that can be written: one that is nested too deep for that goes without its deepest layers."""
    try:
        orjson.dumps(body)
    except orjson.JSONEncodeError:
        return fitted(body, [])
    return body
