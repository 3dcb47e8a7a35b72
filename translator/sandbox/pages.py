"""What the local Amplitude has, as pages for people; each works without JavaScript."""

from __future__ import annotations

import zlib
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from translator.sandbox import looking, texts
from translator.sandbox.behaviour import Behaviours, TaxonomyRules
from translator.sandbox.rules import GROUP_TYPES, RULES
from translator.sandbox.store import KEEP_DROPS, KEEP_REQUESTS, Store
from translator.sandbox.subjects import user_key

RECORDS = 15
"""Of the overview; its panels are as high as that from the start, so that nothing jumps."""

STREAM = 20
LISTED = 50
MOST_PAGES = 10_000
MOST_PLANNED = 1000


def blueprint(store: Store, behaviours: Behaviours) -> Blueprint:
    """The pages."""
    routes = Blueprint("pages", __name__)
    routes.add_app_template_global(texts.user_path)
    routes.add_app_template_global(texts.group_path)
    routes.add_app_template_global(texts.values_of)
    routes.add_app_template_global(query)
    routes.add_app_template_global(user_key)
    routes.record(lambda state: state.app.jinja_env.globals.update(rules=RULES))
    # a group identify may name a user who is not known by it, and a switch one who never came
    routes.add_app_template_test(store.knows_user, "known_user")
    routes.add_app_template_test(lambda number: store.row(number) is not None, "kept_record")
    routes.add_app_template_filter(texts.pretty)
    routes.add_app_template_filter(texts.inline)
    routes.add_app_template_filter(texts.short)
    routes.add_app_template_filter(texts.utc)
    routes.add_app_template_filter(texts.iso)
    routes.add_app_template_filter(texts.clock)
    routes.add_app_template_filter(texts.number)

    @routes.app_context_processor
    def common() -> dict[str, Any]:
        return {"summary": looking.summary(store), "switches": switches(behaviours), "data": store.data}

    @routes.before_request
    def unchanged() -> Response | None:
        return Response(status=304) if version(store, behaviours) in request.if_none_match else None

    @routes.after_request
    def versioned(response: Response) -> Response:
        if response.status_code == 200:
            response.set_etag(version(store, behaviours))
        return response

    @routes.get("/")
    def overview() -> str:
        rows, groups = looking.newest(store, RECORDS), looking.newest_groups(store, RECORDS)
        return render_template("overview.html", rows=rows, groups=groups)

    @routes.get("/search")
    def search() -> str | AnyResponse:
        text = request.args.get("q", "").strip()
        if not text:
            return redirect(url_for(".overview"))
        found = looking.search(store, text)
        exact = [
            *(texts.user_path(one["key"]) for one in found["exact_users"]),
            *(_path_of(one) for one in found["exact_groups"]),
            *(url_for(".record", number=one["number"]) for one in found["records"]),
        ]
        if len(exact) == 1:
            return redirect(exact[0])
        return render_template("search.html", text=text, found=found)

    @routes.get("/users")
    def users() -> str:
        text, page = request.args.get("q", "").strip(), _page()
        rows, more = looking.users(store, text, page, LISTED)
        return render_template("users.html", rows=rows, more=more, page=page, text=text)

    @routes.get("/users/<path:key>")
    def user(key: str) -> tuple[str, int] | str:
        return _user(store, key)

    @routes.get("/user")
    def any_user() -> tuple[str, int] | str:
        return _user(store, request.args.get("key", ""))

    @routes.get("/groups")
    def groups() -> str:
        kind, text, page = request.args.get("type", ""), request.args.get("q", "").strip(), _page()
        rows, more = looking.groups(store, kind, text, page, LISTED)
        types = looking.group_types(store)
        about = {"rows": rows, "more": more, "page": page, "text": text, "kind": kind, "limit": GROUP_TYPES}
        return render_template("groups.html", types=types, **about)

    @routes.get("/groups/<kind>/<path:value>")
    def group(kind: str, value: str) -> tuple[str, int] | str:
        return _group(store, kind, value)

    @routes.get("/group")
    def any_group() -> tuple[str, int] | str:
        return _group(store, request.args.get("type", ""), request.args.get("value", ""))

    @routes.get("/records/<int:number>")
    def record(number: int) -> tuple[str, int] | str:
        with store.lock:
            row = store.row(number)
        if row is None:
            return render_template("missing.html", what="record", name=number), 404
        return render_template("record.html", row=row)

    @routes.get("/requests")
    def requests() -> str:
        status, before = request.args.get("status", ""), _before()
        found = looking.requests(store, status, before, LISTED)
        return render_template("requests.html", found=found, status=status, before=before, kept=KEEP_REQUESTS)

    @routes.get("/taxonomy")
    def taxonomy() -> str:
        kind = request.args.get("type", "")
        rows = looking.taxonomy(store)
        types = sorted({one["group_type"] for one in rows})
        found = [one for one in rows if not kind or one["group_type"] == kind]
        return render_template("taxonomy.html", rows=found[:MOST_PLANNED], all=len(rows), types=types, kind=kind)

    @routes.get("/drops")
    def drops() -> str:
        rule, page = request.args.get("rule", ""), _page()
        rows, more = looking.drops(store, rule, page, LISTED)
        return render_template("drops.html", rows=rows, more=more, page=page, rule=rule, kept=KEEP_DROPS)

    return routes


def switches(behaviours: Behaviours) -> dict[str, Any]:
    """Which faults are on, for every page."""
    pending = behaviours.pending()
    throttled, refused = dict(behaviours.throttled), dict(behaviours.refused)
    needs_ids = behaviours.group_identify_needs_ids
    taxonomy = behaviours.taxonomy if behaviours.taxonomy != TaxonomyRules() else None
    number = len(pending) + len(throttled) + len(refused) + needs_ids + (taxonomy is not None)
    return {
        "pending": pending,
        "throttled": throttled,
        "refused": refused,
        "needs_ids": needs_ids,
        "taxonomy": taxonomy,
        "number": number,
    }


def version(store: Store, behaviours: Behaviours) -> str:
    """Changes when anything does that a page shows."""
    counts = (store.number, store.counts["requests"], store.drop_counts.total(), store.cleared)
    return f"{id(store):x}-" + "-".join(map(str, counts)) + f"-{zlib.crc32(repr(switches(behaviours)).encode()):x}"


def _user(store: Store, key: str) -> tuple[str, int] | str:
    with store.lock:
        found = store.users.get(key) or store.users.get(f"device:{key}")
        facts = found.facts() if found else None
    if found is None or facts is None:
        return render_template("missing.html", what="user", name=key), 404
    before = _before()
    rows, more = looking.stream(store, found, before, STREAM)
    lost = looking.drops_of_user(store, found.key)
    return render_template("user.html", user=facts, rows=rows, more=more, before=before, drops=lost)


def _group(store: Store, kind: str, value: str) -> tuple[str, int] | str:
    facts = looking.group(store, kind, value, _page("members"), LISTED)
    found = store.groups.get((kind, value))
    if facts is None or found is None:
        return render_template("missing.html", what="group", name=f"{kind}: {value}"), 404
    before = _before()
    rows, more = looking.stream(store, found, before, STREAM)
    lost = looking.drops_of_group(store, kind, value)
    about = {"rows": rows, "more": more, "before": before, "drops": lost, "page": _page("members")}
    return render_template("group.html", group=facts, **about)


def query(name: str, value: object) -> str:
    """This page's query with another value of a parameter; paged anew, where it is not the page that changes."""
    kept = {
        key: found
        for key, found in request.args.items()
        if key in (name, "q", "type", "value", "key", "status", "rule")
    }
    return urlencode({**kept, name: str(value)})


def _path_of(group: dict[str, Any]) -> str:
    return texts.group_path(group["group_type"], group["group_value"])


def _page(name: str = "page") -> int:
    """The page that is asked for, from 0."""
    return min(max(request.args.get(name, 1, type=int), 1), MOST_PAGES) - 1


def _before() -> int | None:
    before = request.args.get("before", type=int)
    return None if before is None else min(max(before, 0), 2**62)
