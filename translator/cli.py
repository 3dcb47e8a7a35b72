"""The command ``translator``: options and output; the work is done in rooms that are imported where they are needed."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import click

from translator import __version__
from translator.commands import CONFIG, FROM, Chosen, from_calls, known, opened
from translator.commands.archive import archive
from translator.commands.diff import diff
from translator.commands.importing import import_segment
from translator.commands.journal import journal
from translator.commands.kpi import kpi
from translator.commands.plan import plan
from translator.commands.qa import qa
from translator.commands.salesforce import salesforce
from translator.commands.taxonomy import taxonomy
from translator.errors import DestinationUnknown, SettingsError, TranslatorError

if TYPE_CHECKING:
    from datetime import datetime

    from translator.journal.contract import Journal

IDS = click.argument("ids", nargs=-1, metavar="ID...")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="segment-amplitude-translator")
def cli() -> None:
    """Segment calls in, the right groups in Amplitude out, durably."""


def main() -> None:
    """Run the command; errors that people can mend are one line, and exit 2."""
    try:
        cli()
    except (SettingsError, TranslatorError) as error:
        click.echo(f"translator: {error}", err=True)
        sys.exit(2)


@cli.command()
@CONFIG
@click.option("--host", help="Where to listen (default: server.host, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), envvar="PORT", help="Default: PORT, server.port, 8000.")
@click.option(
    "--sandbox", is_flag=True, help="Deliver to a local Amplitude, started beside; nothing leaves this machine."
)
@click.option("--sandbox-port", type=click.IntRange(0, 65535), default=8100, show_default=True, help="Its port.")
@click.option("--demo", is_flag=True, help="With --sandbox: send the demo calls and print what arrived.")
def serve(config: str | None, host: str | None, port: int | None, sandbox: bool, sandbox_port: int, demo: bool) -> None:
    """The whole service: the webhook, and delivery beside it."""
    from translator import local, serving
    from translator.settings.load import child_environment, load_settings

    changes = local.environment(config, host, port)
    if sandbox:
        sys.exit(local.serve_with_sandbox(changes, sandbox_port, demo))
    if demo:
        raise click.UsageError("--demo needs --sandbox: the demo calls are not for a real project")
    environment = child_environment(**changes)
    load_settings(None, environment)
    serving.replace_process(environment)


@cli.command()
@CONFIG
@click.option("--beside", type=int, hidden=True, help="End when this process has ended.")
def deliver(config: str | None, beside: int | None) -> None:
    """Delivery alone: for a journal that several machines share."""
    from translator import serving
    from translator.settings.load import load_settings

    sys.exit(serving.delivery_main(load_settings(config), beside))


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", type=click.IntRange(0, 65535), default=8100, show_default=True)
@click.option("--data", metavar="FILE", help="Keep what arrives in this file, and start with what it has.")
@click.option("--beside", type=int, hidden=True, help="End when this process, which started it, has ended.")
def sandbox(host: str, port: int, data: str | None, beside: int | None) -> None:
    """A local Amplitude, for trying things out: see docs/sandbox.md."""
    from translator import sandbox as local_amplitude

    click.echo(f"sandbox: http://{host}:{port} (this is not Amplitude)")
    try:
        local_amplitude.serve(host, port, data, beside)
    except OSError as error:
        raise click.ClickException(f"port {port} on {host}: {error.strerror}; choose another with --port") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None


@cli.command()
@CONFIG
@click.option("--destination", metavar="NAME", help="Translate as for this destination.")
@click.option("--as", "shape", type=click.Choice(["records", "requests"]), default="records", show_default=True)
@click.option("--explain", is_flag=True, help="Say of each key of each record where it came from.")
@click.argument("file", type=click.File("rb"), default="-")
def translate(config: str | None, destination: str | None, shape: str, explain: bool, file: IO[bytes]) -> None:
    """What Segment calls, one JSON text a line, become: one line of JSON for each, in order. Sends nothing."""
    from translator import jsontext
    from translator.reports.rows import Row, Translator
    from translator.settings.load import load_settings
    from translator.settings.values import translation_settings

    settings = load_settings(config)
    known(settings, destination)
    work = Translator(settings.segment, translation_settings(settings, destination), explains=explain)
    shown = Row.plain
    if shape == "requests":
        from translator.reports.requests import as_requests

        shown = partial(as_requests, settings=settings, name=destination)
    for row in work.rows(file, int(time.time() * 1000)):
        sys.stdout.buffer.write(jsontext.dumps(shown(row)) + b"\n")


@cli.command()
@CONFIG
@click.option("--to", "url", metavar="URL", help="Post to a webhook of this service, signed as Segment does.")
@click.option("--destination", metavar="NAME", help="Translate and deliver straight to this destination.")
@click.option("--dry-run", is_flag=True, help="Only translate, and say what would happen.")
@click.option(
    "--batch", type=click.IntRange(1, 4000), default=100, show_default=True, help="With --to: calls a request."
)
@click.option(
    "--state",
    type=click.Path(),
    help="With --destination: where it keeps what is under way (default: beside the journal).",
)
@FROM
def replay(
    config: str | None,
    url: str | None,
    destination: str | None,
    dry_run: bool,
    batch: int,
    store: str | None,
    since: datetime | None,
    until: datetime | None,
    state: str | None,
    paths: tuple[str, ...],
) -> None:
    """Send calls of files again (JSON, JSON lines, arrays, gzip, fixtures), of the journal or of the archive. Exits 0
    when all went.

    Into another project, or for calls never delivered: into a project that has had them it repairs nothing.
    """
    from pathlib import Path

    from translator.reports import reading, replaying
    from translator.settings.load import load_settings

    if sum((url is not None, destination is not None, dry_run)) != 1:
        raise click.UsageError("say where to: --to URL, --destination NAME or --dry-run")
    settings = load_settings(config)
    known(settings, destination)
    summary = reading.Summary()
    source = from_calls(Chosen(paths, store, since, until), settings, summary)
    what = [*paths, str(since), str(until), *(["archive"] if store == "archive" else [])]
    kept = Path(state) if state else replaying.state_file(settings, destination, what)
    sys.exit(replaying.replay(settings, source, summary, url=url, destination=destination, batch=batch, state=kept))


@cli.command()
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status(config: str | None, as_json: bool) -> None:
    """The books: what came in, and what became of it at each destination."""
    from translator.reports import books

    settings, journal = opened(config)
    books.show(journal, settings, as_json)


@cli.command()
@CONFIG
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("user_id")
def forget(config: str | None, yes: bool, user_id: str) -> None:
    """Delete every copy that this service has of a user's calls. Amplitude is not asked: a delete call does that."""
    from translator.reports import archiving

    settings, journal = opened(config)
    if not yes:
        click.confirm("Delete all copies of this user's calls for good?", abort=True)
    archiving.forget(journal, settings, user_id)


@cli.command()
@CONFIG
@click.option("--show", is_flag=True, help="First every key with its value and where that came from, secrets masked.")
def check(config: str | None, show: bool) -> None:
    """Check configuration, versions, journal and the form of credentials. Exits 1 where something cannot work."""
    from translator.reports import checking
    from translator.settings.load import load_settings

    settings = load_settings(config)
    if show:
        checking.show(settings)
    sys.exit(checking.report(settings))


@cli.group()
def dead() -> None:
    """Dead letters: calls that will not be sent, and messages that were refused."""


@dead.command("list")
@CONFIG
@click.option("--destination", metavar="NAME", help="Only of this destination; refused: the refused messages.")
@click.option("--why", metavar="REASON", help="Only of this reason.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON text a line.")
def dead_list(config: str | None, destination: str | None, why: str | None, limit: int, as_json: bool) -> None:
    """The newest dead letters."""
    from translator.reports import letters

    _, journal = opened(config)
    name = "" if destination == "refused" else destination
    letters.show_list(journal.dead(name, why, limit), as_json)


@dead.command("show")
@CONFIG
@IDS
def dead_show(config: str | None, ids: tuple[str, ...]) -> None:
    """Everything of some dead letters: reason, answer, raw call."""
    from translator.reports import letters

    _, journal = opened(config)
    letters.show(journal, ids)


@dead.command("redrive")
@CONFIG
@IDS
@click.option("--why", metavar="REASON", help="All of this reason.")
@click.option("--allow-doubles", is_flag=True, help="Also those so old that something of them may count twice.")
def dead_redrive(config: str | None, ids: tuple[str, ...], why: str | None, allow_doubles: bool) -> None:
    """Try again: dead letters wait anew, refused messages are checked anew under today's configuration."""
    from translator.reports import letters
    from translator.reports.redriving import redrive

    settings, journal = opened(config)
    found = redrive(journal, settings, _chosen(journal, ids, why), allow_doubles)
    sys.exit(letters.show_redriven(found, settings))


@dead.command("export")
@CONFIG
@click.option("--destination", metavar="NAME", help="Only of this destination; refused: the refused messages.")
@click.option("--why", metavar="REASON", help="Only of this reason.")
@click.argument("file", type=click.File("wb"), default="-")
def dead_export(config: str | None, destination: str | None, why: str | None, file: IO[bytes]) -> None:
    """All dead letters with their raw calls, one JSON text a line, into a file or to the output."""
    from translator.reports import letters

    _, journal = opened(config)
    letters.export(journal, "" if destination == "refused" else destination, why, file)


@dead.command("drop")
@CONFIG
@IDS
@click.option("--why", metavar="REASON", help="All of this reason.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def dead_drop(config: str | None, ids: tuple[str, ...], why: str | None, yes: bool) -> None:
    """Delete for good."""
    _, journal = opened(config)
    chosen = _chosen(journal, ids, why)
    if not yes:
        click.confirm(f"Delete {len(chosen)} dead letters for good?", abort=True)
    click.echo(f"{journal.drop(chosen)} dropped")


@cli.group()
def destination() -> None:
    """What becomes of a destination that the configuration no longer names."""


@destination.command("list")
@CONFIG
def destination_list(config: str | None) -> None:
    """Every destination that the journal knows."""
    settings, journal = opened(config)
    for name, tally in journal.counts().destinations.items():
        gone = "" if name in settings.destinations else ", not in the configuration"
        click.echo(f"{name}: {tally.waiting} waiting, {tally.delivered} delivered, {tally.dead} dead{gone}")


@destination.command("rename")
@CONFIG
@click.argument("old")
@click.argument("new")
def destination_rename(config: str | None, old: str, new: str) -> None:
    """Give a destination another name; what waits for it goes along."""
    _, journal = opened(config)
    _with_known(journal, old, lambda: journal.rename(old, new))
    click.echo(f"{old} is now {new}")


@destination.command("forget")
@CONFIG
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def destination_forget(config: str | None, name: str, yes: bool) -> None:
    """Give up a destination, all that waits for it, and its dead letters."""
    _, journal = opened(config)
    if not yes:
        click.confirm(f"Give up {name} and all that waits for it?", abort=True)
    waiting = _with_known(journal, name, lambda: journal.forget(name))
    click.echo(f"{name} is forgotten; {waiting} calls waited for it")


def _with_known(journal: Journal, name: str, action: Any) -> Any:
    if name in journal.served():
        raise click.ClickException(
            f"a running process delivers to {name}: stop it first, or take {name} from its settings"
        )
    try:
        return action()
    except (DestinationUnknown, ValueError) as error:
        raise click.ClickException(str(error)) from None


def _chosen(journal: Journal, ids: tuple[str, ...], why: str | None) -> list[str]:
    if bool(ids) == bool(why):
        raise click.UsageError("say which: some IDs, or --why REASON")
    return list(ids) if ids else [letter.id for letter in journal.letters(why=why)]


cli.add_command(qa)
cli.add_command(diff)
cli.add_command(plan)
cli.add_command(import_segment)
cli.add_command(archive)
cli.add_command(taxonomy)
cli.add_command(salesforce)
cli.add_command(kpi)
cli.add_command(journal)
