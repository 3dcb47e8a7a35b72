"""``translator dead``: what will not be sent, why, and trying again."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

import click

from translator import jsontext
from translator.errors import NotJson
from translator.journal.contract import Journal
from translator.parcels import DeadLetter, Json
from translator.settings.values import Settings

if TYPE_CHECKING:
    from translator.reports.redriving import Redriven


def show_list(letters: Sequence[DeadLetter], as_json: bool) -> None:
    """A table of dead letters, or one JSON text a line."""
    if as_json:
        for letter in letters:
            sys.stdout.buffer.write(jsontext.dumps(plain(letter)) + b"\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("id", "destination", "why", "at (UTC)", "tries", "messageId", "answer", box=None)
    for one in letters:
        table.add_row(
            one.id,
            one.destination or "refused",
            one.why,
            _moment(one.at),
            str(one.attempts),
            one.message_id,
            one.answer[:80],
        )
    Console().print(table if letters else "no dead letters")


def show(journal: Journal, asked: Sequence[str]) -> None:
    """Everything of some dead letters as indented JSON; a line for each that is not there."""
    import json

    letters = journal.dead(ids=asked)
    for letter in letters:
        failed = [
            {"at": _moment(one.at), "why": one.why}
            for one in (journal.attempts(letter.call) if letter.call else [])
            if one.destination == letter.destination
        ]
        click.echo(json.dumps({**plain(letter), "failed_attempts": failed}, indent=2, ensure_ascii=False))
    for name in sorted(set(asked) - {letter.id for letter in letters}):
        click.echo(f"translator: no dead letter {name}", err=True)


def export(journal: Journal, destination: str | None, why: str | None, file: IO[bytes]) -> None:
    """Every dead letter as a line of JSON."""
    for line in lines(journal, destination, why):
        file.write(line)


def lines(journal: Journal, destination: str | None, why: str | None) -> Iterator[bytes]:
    """Dead letters as ``plain`` has them, each a line of JSON text; oldest first, in bounded memory."""
    for letter in journal.letters(destination, why):
        yield jsontext.dumps(plain(letter)) + b"\n"


def plain(letter: DeadLetter) -> Json:
    """A dead letter with its raw call, for people and machines."""
    return {
        "id": letter.id,
        "destination": letter.destination or None,
        "why": letter.why,
        "answer": letter.answer,
        "at": _moment(letter.at),
        "attempts": letter.attempts,
        "source": letter.source,
        "message_id": letter.message_id,
        "received_at": _moment(letter.received_at),
        "call": message(letter),
    }


def message(letter: DeadLetter) -> object:
    """What a letter is about, parsed; as text where it is no JSON."""
    try:
        return jsontext.loads(letter.body)
    except NotJson:
        return letter.body.decode("utf-8", "replace")


def show_redriven(found: Redriven, settings: Settings) -> int:
    """Say what became of a redrive; the exit code: 0 when all of them could be tried again, else 1."""
    if found.doubles:
        said = f"{found.doubles} of {found.asked} were last tried more than {settings.delivery.window_days:g} days ago"
        click.echo(
            f"translator: {said}: Amplitude recognises a repetition for 7 days, so what it may have had of them would "
            "count twice. They stay; --allow-doubles sends them all the same",
            err=True,
        )
    for fault in found.faults:
        click.echo(f"translator: {fault}", err=True)
    click.echo(f"{found.tried} of {found.asked} wait to be sent again")
    return 0 if found.tried == found.asked else 1


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else ""


def age(at: int | None) -> str:
    """How long ago, in words, or "-"."""
    if at is None:
        return "-"
    seconds = max(0, int(time.time()) - at // 1000)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
