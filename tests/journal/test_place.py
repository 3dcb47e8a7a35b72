import os
import sys

import pytest

from translator.journal import owner
from translator.journal.owner import Owner, lives, myself
from translator.journal.sqlite.place import NETWORK, affected, file_system

MOUNTS = """
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
23 22 0:20 / /data rw - nfs4 server:/export rw
24 22 0:21 / /data/local rw - xfs /dev/sdb rw
25 22 0:22 / /with\\040blank rw shared:1 - fuse.sshfs host: rw
not a line
"""


@pytest.mark.parametrize(
    ("version", "is_affected"),
    [("3.40.1", True), ("3.44.5", True), ("3.44.6", False), ("3.44.9", False), ("3.45.0", True), ("3.50.6", True),
     ("3.50.7", False), ("3.51.2", True), ("3.51.3", False), ("3.54.1", False), ("3.6.23", False), ("3.7.0", True)],
)  # fmt: skip
def test_versions_with_the_wal_reset_bug(version, is_affected):
    assert affected(version) is is_affected


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/var/lib", "ext4"), ("/data", "nfs4"), ("/data/x/y", "nfs4"), ("/data/local/x", "xfs"), ("/database", "ext4"), ("/with blank/x", "fuse.sshfs")],
)  # fmt: skip
def test_the_longest_mount_says_the_file_system(path, kind):
    assert file_system(path, MOUNTS) == kind
    assert (kind in NETWORK) == (kind in ("nfs4", "fuse.sshfs"))


def test_this_process_lives_and_one_with_another_start_does_not():
    me = myself()
    assert lives(me)
    assert not lives(Owner(me.host, me.pid, "1"))
    assert lives(Owner("another-host", 1, "1")), "of another host nothing is known"


def test_where_the_boot_is_not_told_each_process_is_a_host_of_its_own(monkeypatch):
    """As in sandboxes that all have the name localhost, and a process 1."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(owner, "_line", lambda path: "")
    first, second = owner.this_host.__wrapped__(), owner.this_host.__wrapped__()
    assert first != second


def test_a_process_that_is_hidden_is_believed_to_live(monkeypatch):
    def deny(pid, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", deny)
    monkeypatch.setattr(owner, "start_of", lambda pid: "")
    me = myself()
    assert lives(Owner(me.host, 1, "7"))
    monkeypatch.setattr(owner, "start_of", lambda pid: "8")
    assert not lives(Owner(me.host, 1, "7"))
