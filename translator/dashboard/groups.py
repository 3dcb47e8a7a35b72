"""Groups as they were delivered: types, values, properties, fallbacks, and what may not be meant."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from translator.dashboard.house import House


def add_groups(pages: Blueprint, house: House) -> None:
    """The page; ``?destination=NAME`` chooses, ``?type=TYPE`` shows a group type's values and properties alone."""

    @pages.get("/groups")
    def groups() -> str:
        from translator.reports.accounts import MOST_VALUES, accounts

        names = list(house.journal.counts().destinations)
        asked = request.args.get("destination", "")
        name = asked if asked in names else next(iter(names), None)
        return render_template(
            "dashboard/groups.html",
            names=names,
            name=name,
            found=accounts(house.journal, name) if name else None,
            type=request.args.get("type", ""),
            most=MOST_VALUES,
            settings=house.settings,
        )
