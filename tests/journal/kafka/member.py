"""A delivery process that is to be killed: ``python -m tests.journal.kafka.member URL CALLS POSTED`` claims so many calls of the
destination ``amplitude``, says that so many of them are about to be posted, tells of them, and waits."""

import json
import sys
import time

from tests.journal.kafka.groups import QUICK, gathered, member
from translator.journal.rows import now_ms


def main() -> None:
    url, calls, posted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    journal = member(url, **QUICK)
    before = now_ms()
    leases = gathered(journal, calls)
    left = posted
    for lease in leases:
        names = [item.id for item in lease.items][:left]
        left -= len(names)
        if names:
            journal.posting(lease, "http-v2", names, "c1")
    found = [item.message_id for lease in leases for item in lease.items]
    sys.stdout.write(json.dumps([found[:posted], before, now_ms()]) + "\n")
    sys.stdout.flush()
    time.sleep(600)


if __name__ == "__main__":
    main()
