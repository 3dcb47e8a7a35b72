"""The shapes of JSON answers, as marshmallow schemas: for /openapi.json, and for tests, which hold real answers
against them. Answering does not go through them."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate


class Answer(Schema):
    """Nothing but what is named."""

    class Meta:
        """As the document then says, too: apispec only says what is said here."""

        unknown = RAISE


def _faults() -> fields.Dict:
    said = "What is wrong: a path in the call, or an empty text for the whole, to what it must be."
    return fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"description": said, "examples": [{"event": ["required"]}]},
    )


def _count(said: str, *, required: bool = True) -> fields.Integer:
    return fields.Integer(required=required, strict=True, metadata={"description": said})


def _text(said: str, *, allow_none: bool = False) -> fields.String:
    return fields.String(required=True, allow_none=allow_none, metadata={"description": said})


class Problem(Answer):
    """Why nothing was done. It never repeats what was sent."""

    error = _text("For people.")


class Faulty(Answer):
    """A call with faults, all of them at once. It is kept with the refused messages."""

    error = _text("The word `invalid`.")
    faults = _faults()


class Rejected(Answer):
    """One call of several that has faults."""

    index = _count("Which one: 0 is the first.")
    faults = _faults()


class Accepted(Answer):
    """The calls are on disk."""

    accepted = _count("Calls that will be delivered.")
    duplicates = _count("Calls whose messageId is known already; they count once.")
    rejected = fields.List(fields.Nested(Rejected), required=True)
    derived = _count("Calls without a messageId, which got one made from what is in them.", required=False)


class Taken(Answer):
    """The call is on disk."""

    success = fields.Boolean(
        required=True,
        validate=validate.Equal(True),
        metadata={"description": "Always: what is not taken gets another status."},
    )


class TakenBatch(Taken):
    """The good calls of a batch are on disk."""

    rejected = fields.List(fields.Nested(Rejected), metadata={"description": "The others, where there are any."})


class Integration(Answer):
    """Where analytics.js sends."""

    apiKey = _text("The write key.")
    apiHost = _text("Host, port and path of the tracking API.")
    protocol = _text("`http` or `https`.")
    unbundledIntegrations = fields.List(fields.String(), required=True)
    addBundledMetadata = fields.Boolean(required=True)
    maybeBundledConfigIds = fields.Dict(required=True)
    httpConfig = fields.Dict(required=True, metadata={"description": "How often it tries again what is not taken."})


class Integrations(Answer):
    """This service alone."""

    own = fields.Nested(Integration, required=True, data_key="Segment.io")


class SourceSettings(Answer):
    """What analytics.js reads when it starts: it reports to nobody, and loads nothing from elsewhere."""

    integrations = fields.Nested(Integrations, required=True)
    metrics = fields.Dict(required=True, metadata={"description": "A sample rate of 0."})
    plan = fields.Dict(required=True)
    enabledMiddleware = fields.Dict(required=True)
    remotePlugins = fields.List(fields.Raw(), required=True)
    middlewareSettings = fields.Dict(required=True)
    legacyVideoPluginsEnabled = fields.Boolean(required=True)


class Alive(Answer):
    """This process lives."""

    status = _text("The word `ok`.")


class Tally(Answer):
    """A destination's books: accepted = delivered + ignored + dead + waiting."""

    name = _text("As the configuration names it.")
    accepted = _count("Calls since the destination is known.")
    delivered = _count("What Amplitude has.")
    ignored = _count("What was not to be sent.")
    dead = _count("Dead letters.")
    waiting = _count("Not delivered yet.")
    oldest_waiting = fields.Integer(
        required=True, allow_none=True, strict=True, metadata={"description": "When it was received: ms since 1970."}
    )
    circuit = _text("Why delivery has stopped until a person helps.", allow_none=True)
    circuit_since = fields.Integer(
        required=True, allow_none=True, strict=True, metadata={"description": "Since when: ms since 1970."}
    )


class Readiness(Answer):
    """Whether the service can do its work."""

    ready = fields.Boolean(required=True, metadata={"description": "Whether there are no problems."})
    problems = fields.List(fields.String(), required=True, metadata={"description": "Why it is not ready."})
    warnings = fields.List(fields.String(), required=True, metadata={"description": "What a person should see to."})
    journal = _text("`ok`, or why the journal cannot be used.")
    delivery = _count("Delivery processes that live.")
    destinations = fields.List(fields.Nested(Tally), required=True)


class Chart(Answer):
    """Columns of a chart, one for each name."""

    names = fields.List(fields.String(), required=True)
    values = fields.List(
        fields.List(fields.Float(allow_none=True)),
        required=True,
        metadata={"description": "A list for each name: a number for each moment, or null where nothing was measured."},
    )
    unit = fields.String(metadata={"description": "Of the values, where it is not calls."})


class Charts(Answer):
    """The charts of *Now*."""

    calls = fields.Nested(Chart, required=True)
    waiting = fields.Nested(Chart, required=True)
    dwell = fields.Nested(Chart, required=True)


class Series(Answer):
    """Moments, and what was counted at each."""

    x = fields.List(fields.Float(), required=True, metadata={"description": "Seconds since 1970."})
    charts = fields.Nested(Charts, required=True)


class Case(Answer):
    """What the playground did, as the files under fixtures/ are."""

    why = _text("Empty: for people to write.")
    given = fields.Raw(required=True, allow_none=True, metadata={"description": "What was pasted."})
    settings = fields.Dict(required=True, metadata={"description": "Under which it was translated."})
    expect = fields.Dict(required=True, metadata={"description": "What became of it."})
