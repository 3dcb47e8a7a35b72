"""Groups as they were delivered: types, values, properties, fallbacks, and what may not be meant."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from translator.dashboard.house import House


def add_groups(pages: Blueprint, house: House) -> None:
    """The page; ``?destination=NAME`` chooses, ``?type=TYPE`` shows a group type's values and properties alone,
    ``?value=TEXT`` the values in which a text stands."""

    @pages.get("/groups")
    def groups() -> str:
        from translator.reports.accounts import MOST_VALUES, accounts

        names = list(house.journal.counts().destinations)
        asked = request.args.get("destination", "")
        name = asked if asked in names else next(iter(names), None)
        kind, text = request.args.get("type", ""), request.args.get("value", "").strip()
        found = accounts(house.journal, name, kind, text, house.settings.destinations.get(name)) if name else None
        return render_template(
            "dashboard/groups.html",
            names=names,
            name=name,
            found=found,
            figure_names=list(dict.fromkeys(name for one in found.figures for name in one.figures)) if found else [],
            type=kind,
            text=text,
            most=MOST_VALUES,
            settings=house.settings,
        )
