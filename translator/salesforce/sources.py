"""Where accounts are from: a live org, or an export of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from translator.salesforce.export import accounts
from translator.salesforce.records import Account, account, only_key, query
from translator.settings.values import SalesforceObject

if TYPE_CHECKING:
    from translator.salesforce.org import Org

PAGE = 2000
"""Accounts at a time, as many as Salesforce gives at once."""


class Source(Protocol):
    """Accounts of an object, some at a time. Both raise SalesforceError."""

    @property
    def said(self) -> str:
        """What it is, for people."""

    def pages(self, one: SalesforceObject) -> Iterator[list[Account]]:
        """All accounts, with their properties."""

    def keys(self, one: SalesforceObject) -> Iterator[list[str | None]]:
        """The keys of all accounts."""


@dataclass(frozen=True)
class Live:
    """An org."""

    org: Org

    @property
    def said(self) -> str:
        """See Source."""
        return self.org.said

    def pages(self, one: SalesforceObject) -> Iterator[list[Account]]:
        """See Source."""
        for page in self.org.pages(query(one)):
            yield [account(one, record) for record in page]

    def keys(self, one: SalesforceObject) -> Iterator[list[str | None]]:
        """See Source."""
        for page in self.pages(only_key(one)):
            yield [found.key for found in page]


@dataclass(frozen=True)
class Exported:
    """A CSV file. ``where`` of an object is not looked at: the file has the records that it has."""

    path: Path

    @property
    def said(self) -> str:
        """See Source."""
        return self.path.name

    def pages(self, one: SalesforceObject) -> Iterator[list[Account]]:
        """See Source."""
        rows = accounts(self.path, one)
        while page := list(islice(rows, PAGE)):
            yield page

    def keys(self, one: SalesforceObject) -> Iterator[list[str | None]]:
        """See Source."""
        for page in self.pages(only_key(one)):
            yield [found.key for found in page]
