"""Every command closes the journal that it opened, however it ends."""

import json

import pytest
from click.testing import CliRunner

from translator import journal as module
from translator.cli import cli

COMMANDS = [
    ["status"], ["dead", "list"], ["dead", "show", "d1"], ["dead", "redrive", "--why", "x"], ["dead", "export"], ["forget", "u1", "--yes"],
    ["destination", "list"], ["destination", "rename", "a", "b"], ["replay", "--dry-run", "--from-journal"], ["journal", "init"], ["check"],
    ["plan", "--from-journal"], ["qa", "{plan}", "--from-journal"], ["diff", "{config}", "{config}", "--from-journal"], ["archive", "run"],
]  # fmt: skip


@pytest.fixture
def opened(monkeypatch):
    """Journals that were opened, and how often each was closed."""
    found = []
    open_journal = module.open_journal

    def noted(*given, **more):
        journal = open_journal(*given, **more)
        close, closed = journal.close, []

        def closing():
            closed.append(1)
            close()

        monkeypatch.setattr(journal, "close", closing)
        found.append(closed)
        return journal

    monkeypatch.setattr(module, "open_journal", noted)
    monkeypatch.setattr("translator.reports.checking.open_journal", noted)
    return found


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: " ".join(one[:2]))
def test_a_command_closes_the_journal_that_it_opened(tmp_path, opened, command):
    config, plan = tmp_path / "translator.toml", tmp_path / "plan.json"
    config.write_text(
        f'[journal]\nurl = "sqlite:///{tmp_path}/journal.db"\n[archive]\nurl = "file://{tmp_path}/archive"\n'
    )
    plan.write_text(json.dumps({}))
    given = [one.format(plan=plan, config=config) for one in command]
    done = CliRunner().invoke(cli, given, env={"TRANSLATOR_CONFIG": str(config)})
    assert opened, (done.output, done.exception)
    assert all(opened), done.output
