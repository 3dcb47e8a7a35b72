"""What runs before the schemas is what they say today."""

import pytest

from tests.compiled import files
from tests.processes import ROOT

FILES = files()


@pytest.mark.parametrize("path", FILES)
def test_what_was_compiled_is_what_the_schemas_say(path):
    assert (ROOT / path).read_text() == FILES[path], "make compiled"
