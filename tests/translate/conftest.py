"""One way to translate a message in tests, as delivery would."""

import pytest

from translator.parcels import Facts
from translator.settings.load import settings_from
from translator.settings.values import translation_settings
from translator.translate import translate
from translator.validate import check

NOW = 1712000000000
"""Three weeks after the time of the calls: 2024-04-01."""


@pytest.fixture
def translated():
    def run(message, memory=None, **tables):
        settings = settings_from(tables)
        message = {"messageId": "m-1", "timestamp": "2024-03-10T17:04:05.678Z", **message}
        call = check(message, Facts("webhook", NOW), settings.segment)
        return translate(call, translation_settings(settings), memory)

    return run
