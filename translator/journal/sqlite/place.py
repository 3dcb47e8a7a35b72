"""Where a SQLite journal must not be, and which SQLite must not keep it. Pure."""

from __future__ import annotations

import os.path
import re

NETWORK = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ocfs2",
        "gfs2", "beegfs", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.cephfs",
        "virtiofs",
    }
)  # fmt: skip
"""File systems on which SQLite's locks and shared memory do not hold (sqlite.org/wal.html, "WAL does not work over a
network filesystem"; read 2026-11-24). virtiofs and 9p share a host's folder with a virtual machine."""

_ESCAPE = re.compile(r"\\([0-7]{3})")


def file_system(path: str, mountinfo: str) -> str:
    """The type of an absolute path's file system, from the text of /proc/self/mountinfo; "" where it says nothing."""
    best, found = "", ""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) < 5 or not after:
            continue
        mount = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[4])
        if os.path.commonpath([mount, path]) == mount and len(mount) >= len(best):
            best, found = mount, kinds[0]
    return found


def affected(version: str) -> bool:
    """Whether a SQLite has the WAL-reset bug, which can lose commits when several connections write and checkpoint.

    3.7.0 to 3.51.2, but fixed in 3.50.7 and 3.44.6 too (sqlite.org/wal.html, "The WAL-Reset Bug"; read 2026-11-24).
    """
    numbers = tuple(int(part) for part in version.split(".")[:3])
    if numbers[:2] == (3, 50):
        return numbers < (3, 50, 7)
    if numbers[:2] == (3, 44):
        return numbers < (3, 44, 6)
    return (3, 7, 0) <= numbers < (3, 51, 3)
