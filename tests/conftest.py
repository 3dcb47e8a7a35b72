"""What several rooms' tests need."""

import pytest

from translator import sandbox


@pytest.fixture
def amplitude():
    running = sandbox.start()
    yield running
    running.stop()
