"""``translator journal``: what a journal needs before it is used."""

from __future__ import annotations

import click

from translator.commands.common import CONFIG


@click.group()
def journal() -> None:
    """The journal: where calls are kept until they are delivered, and some days longer."""


@journal.command("init")
@CONFIG
def journal_init(config: str | None) -> None:
    """Make the topics that a journal in Kafka lacks (docs/kafka.md); others need nothing, and are checked."""
    from translator.journal import making, open_journal
    from translator.settings.load import load_settings

    settings = load_settings(config).journal
    topics = making.make(settings)
    if topics is None:
        opened = open_journal(settings)
        try:
            opened.check()
            click.echo(", ".join(f"{name} {said}" for name, said in opened.versions().items()))
        finally:
            opened.close()
        click.echo("nothing has to be made: it makes what it needs by itself")
        return
    for one in topics:
        said = "made" if one.is_new else "was there"
        click.echo(f"{one.name}: {said}, partitions {one.partitions}, copies {one.copies}")
