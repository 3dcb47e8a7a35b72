"""What the browser looks at: once for all of these tests; a page for each.

``page`` is of this machine, ``away`` of another one that a proxy passes on. A test sets ``width`` and ``scheme`` by
parametrize, and ``watch`` fails it where a page complained or asked others.
"""

import itertools

import pytest

from tests.browser import chromium
from tests.browser.looking import Watch
from tests.browser.scene import scene as built

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def scene(browser, tmp_path_factory):
    """Asks for the browser, so that a machine without one does not start all this."""
    with built(tmp_path_factory.mktemp("scene")) as shown:
        yield shown


@pytest.fixture
def service(scene):
    return scene.service


@pytest.fixture
def guarded(scene):
    return scene.guarded


@pytest.fixture
def width():
    return "wide"


@pytest.fixture
def scheme():
    return "light"


@pytest.fixture
def watch():
    watching = Watch()
    yield watching
    assert watching.problems == []


@pytest.fixture
def open_page(browser, watch, width, scheme):
    """A function to a new page that is watched; ``address``: of another machine."""
    made = []

    def build(address=None):
        page = chromium.new_page(browser, width, scheme, address)
        made.append(page)
        watch.over(page)
        return page

    yield build
    for page in made:
        page.context.close()


@pytest.fixture
def page(open_page):
    return open_page()


@pytest.fixture
def away(open_page):
    """By an address of its own: wrong passwords are counted by it."""
    return open_page(f"2001:db8:{next(_numbers):x}::1")
