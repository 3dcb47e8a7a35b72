"""The service as it would be if it only parsed what comes: a limit for accepting.

``gunicorn benchmarks.parsing:app``: all of the application is there, but nothing is checked, and nothing is stored.
"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from translator import jsontext
from translator.receive import create_app


def parsed(**of_the_path: Any) -> Response:
    """200 for whatever is JSON."""
    return jsonify(accepted=len(jsontext.loads(request.get_data(cache=False))))


app = create_app()
app.view_functions["webhook.webhook"] = parsed
app.view_functions["tracking.batch"] = parsed
