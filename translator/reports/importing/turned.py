"""What becomes of an export: tables of a configuration, and what is told beside them."""

from __future__ import annotations

from dataclasses import dataclass, field

from translator.parcels import Json


@dataclass(frozen=True, slots=True)
class Named:
    """What could not be turned. ``key``: of the mapping, or trigger; ``what``: what stands there, in short."""

    subscription: str
    key: str
    what: str
    why: str
    todo: str = "a translate.hook can do it; or run all as it is: translate.mappings"


@dataclass(slots=True)
class Turned:
    """``tables``: as translator.toml has them, without keys. ``remarks``: what is good to know and needs nothing.
    ``variables``: which environment variables are to be set."""

    tables: Json = field(default_factory=dict)
    named: list[Named] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)

    def put(self, table: str, key: str, value: object) -> None:
        """Set a key of a table."""
        self.tables.setdefault(table, {})[key] = value

    def remark(self, said: str) -> None:
        """Say something once."""
        if said not in self.remarks:
            self.remarks.append(said)
