"""The configuration that counts: each key, its value, and where that came from. Shows no secret, changes nothing."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from translator.dashboard.house import House
from translator.settings.effective import changed, effective, printable


def add_settings(pages: Blueprint, house: House) -> None:
    """The page; ``?changed=1`` leaves out what was left at its default."""
    every = effective(house.settings)
    origin = house.settings.origin

    @pages.get("/settings")
    def settings() -> str:
        is_short = request.args.get("changed") == "1"
        return render_template(
            "dashboard/settings.html",
            tables=changed(every) if is_short else every,
            is_short=is_short,
            has_destinations=bool(house.settings.destinations),
            origin=printable(origin) if origin else None,
        )
