"""Segment's own libraries and the service that they send to: once for all of these tests."""

from contextlib import ExitStack

import pytest

from tests.clients import sdks
from tests.clients.scene import scene as built
from tests.conftest import missing

pytest.register_assert_rewrite("tests.clients.seen", "tests.clients.trials")


@pytest.fixture(scope="session")
def installed():
    if lacks := sdks.lacking():
        missing(lacks)


@pytest.fixture(scope="session")
def scene(installed, tmp_path_factory):
    with built(tmp_path_factory.mktemp("clients")) as shown:
        yield shown


@pytest.fixture
def more(scene, tmp_path):
    """A function to a further service; ``segment``: keys of that table."""
    with ExitStack() as stack:
        yield lambda **segment: scene.serve(tmp_path, stack, **segment)
