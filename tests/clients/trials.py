"""What each of Segment's server-side libraries must get through, whichever it is."""

from __future__ import annotations

import resource

from tests.clients import seen
from tests.clients.scene import KEYS, Scene, counted
from tests.clients.sdks import Sdk
from tests.processes import Service, until

UNKNOWN = 'translator_unauthorized_total{reason="key_unknown"}'
DUPLICATES = 'translator_journal_calls_total{outcome="duplicates"}'
TOO_FAST = "translator_limited_total"
REFUSED = "translator_journal_unavailable_total"


def every_kind_of_call(scene: Scene, sdk: Sdk, who: str) -> None:
    """All that there is, once."""
    done = sdk.send(scene.service.url, KEYS["backend"], seen.calls(who), **sdk.quick)
    assert done.failed == []
    seen.check(scene, who, sdk.library, done.ids)


def lost_answers(scene: Scene, sdk: Sdk, who: str) -> None:
    """The service has the calls, the library does not know: it sends them again, and they count once."""
    scene.thief.lose(1)
    before = scene.thief.lost, counted(scene.service, DUPLICATES)
    done = sdk.send(scene.thief.url, KEYS["backend"], seen.calls(who), **sdk.quick)
    assert (done.failed, scene.thief.lost) == ([], before[0] + 1)
    assert counted(scene.service, DUPLICATES) > before[1]
    seen.check(scene, who, sdk.library, done.ids)


def full_disk(scene: Scene, service: Service, sdk: Sdk, who: str) -> None:
    """While the journal takes nothing the answer is 503; the library waits and sends again."""
    before = sdk.send(service.url, KEYS["backend"], seen.track(who), **sdk.quick)
    limit_files(service, 0)
    with sdk.start(service.url, KEYS["backend"], seen.track(who), **sdk.quick) as sending:
        until(lambda: counted(service, REFUSED))
        limit_files(service, resource.RLIM_INFINITY)
        done = sending.end()
    assert done.failed == []
    until(lambda: seen.inserted(scene, who) == sorted([*before.ids, *done.ids]))


def too_fast(scene: Scene, service: Service, sdk: Sdk, who: str) -> None:
    """What is beyond a source's rate is answered 429 with the seconds to wait; the library waits that long.

    ``service``: with ``calls_per_second = 2``, which lets 91 in at once, of one address. The others come one after
    another, each request at its turn, so that none is tried until the library gives up.
    """
    before = counted(service, TOO_FAST)
    done = sdk.send(service.url, KEYS["backend"], seen.track(who) * 140, **sdk.quick)
    assert done.failed == []
    assert before < counted(service, TOO_FAST) <= before + 100
    until(lambda: seen.inserted(scene, who) == sorted(done.ids))


def killed_in_the_middle(scene: Scene, sdk: Sdk, who: str) -> None:
    """Nothing is lost, nothing counts twice, and message ids are what they were."""
    with sdk.start(scene.service.url, KEYS["backend"], seen.track(who), again=True, **sdk.quick) as sending:
        seen.arrived(scene, who, 20)
        scene.service.kill_all()
        before = len(scene.records(who))
        scene.service.start()
        seen.arrived(scene, who, before + 20)
        done = sending.end()
    scene.settled()
    assert done.failed == []
    assert seen.inserted(scene, who) == sorted(done.ids)


def an_unknown_key(scene: Scene, sdk: Sdk, who: str) -> None:
    """401: the library gives up at once; nothing is kept, and the refusal is counted."""
    before = counted(scene.service, UNKNOWN)
    done = sdk.send(scene.service.url, "not-a-key", seen.track(who), **sdk.quick)
    assert sorted(done.failed) == sorted(done.ids)
    until(lambda: counted(scene.service, UNKNOWN) == before + 1)
    scene.settled()
    assert scene.records(who) == []


def limit_files(service: Service, most: int) -> None:
    """Let the web workers write no files longer than ``most`` bytes: it stands for a disk that is full."""
    for pid in service.pids("gunicorn"):
        if pid != service.process.pid:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
