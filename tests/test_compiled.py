"""What was compiled from schemas and tables is what they say today."""

import pytest

from tests.compiled import files
from tests.processes import ROOT

FILES = files()


@pytest.mark.parametrize("path", FILES)
def test_what_was_compiled_is_what_its_source_says(path):
    assert (ROOT / path).read_text() == FILES[path], "make compiled"
