"""Every error of this service, drawn once.

TranslatorError
|- Rejected                  the sender's fault: answered 4xx
|  |- BadSignature           401, says nothing more
|  |- WrongOrigin            403
|  |- TooLarge               413
|  |- Unsupported            415, an encoding that is not read
|  |- TooFast                429 with Retry-After
|  |- NotJson                400
|  |  `- NotReadable         400, not even a text
|  `- Invalid                400, with every fault of the call
|- Untranslatable            a checked call that the configuration refuses: becomes a dead letter
|- MappingError              a mapping or a query of Segment's that is none, or that a call makes impossible
|- HookUnavailable           the user's function cannot be loaded (any more): calls wait
|- JournalError
|  |- JournalUnavailable     nothing was written; answered 503 with Retry-After
|  |- JournalUnsafe          the place of the journal cannot keep a promise (network disk, faulty SQLite)
|  `- LeaseLost              a settle came after its lease had ended; nothing was changed
|- ArchiveError
|  |- ArchiveUnavailable     the archive cannot be read or written now: calls stay in the journal
|  `- ArchiveDamaged         an object of the archive is not what its name says
|- TaxonomyUnavailable       the Taxonomy API does not answer, or not as it should: nothing can be said of it
|  |- TaxonomyAbsent         the project's plan does not have it
|  `- TaxonomyRefused        it refuses one request, and says why
|- SalesforceError           Salesforce, or an export of it, cannot be read; the message says what to do
|  `- SalesforceUnavailable  not now: later it may
|- KpiError                 figures of groups could not be computed
|- Unfinished               work by the clock was done in part; what is left is done at the next run
`- DestinationVanished       calls wait for a destination that the configuration no longer names

SettingsError                apart from the tree, so that no blanket except can swallow a bad configuration
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Faults = Mapping[str, Sequence[str]]
"""What is wrong with a call: path (``properties.revenue``, ``userId``; ``""`` for the whole) to what it must be."""


class TranslatorError(Exception):
    """Something went wrong that this service knows how to name."""


class Rejected(TranslatorError):
    """The sender's fault. ``status`` is the HTTP answer."""

    status = 400


class BadSignature(Rejected):
    """The request does not prove where it comes from. ``reason`` is counted, never told to the sender."""

    status = 401

    def __init__(self, reason: str) -> None:
        super().__init__("unauthorized")
        self.reason = reason


class WrongOrigin(Rejected):
    """A page sent it whose origin is not allowed to. ``reason``: as BadSignature's, beside which it is counted."""

    status = 403
    reason = "wrong_origin"

    def __init__(self) -> None:
        super().__init__("segment.origins of the service that was called does not name this page's origin")


class TooLarge(Rejected):
    """The body is larger than ``limit`` bytes; or larger in another way, which ``said`` says."""

    status = 413

    def __init__(self, limit: int, said: str | None = None) -> None:
        super().__init__(said or f"the body is larger than {limit} bytes")
        self.limit = limit


class Unsupported(Rejected):
    """The body is encoded in a way that is not read here."""

    status = 415


class TooFast(Rejected):
    """A source sends more than it may; the same request is welcome after ``seconds``."""

    status = 429

    def __init__(self, seconds: float) -> None:
        super().__init__("more calls a second than segment.calls_per_second lets in of one source; later")
        self.seconds = seconds


class NotJson(Rejected):
    """The text is not JSON; the message says where and why, without repeating the text."""


class NotReadable(NotJson):
    """The bytes are not what their encoding says."""


class Invalid(Rejected):
    """A call with faults. ``faults`` maps each path to what it must be."""

    def __init__(self, faults: Faults) -> None:
        super().__init__("; ".join(f"{path or 'call'}: {', '.join(said)}" for path, said in faults.items()))
        self.faults = faults


class Untranslatable(TranslatorError):
    """A checked call that must not become records. ``reason`` is counted, ``faults`` are for people."""

    def __init__(self, reason: str, faults: Faults) -> None:
        super().__init__("; ".join(f"{path or 'call'}: {', '.join(said)}" for path, said in faults.items()))
        self.reason = reason
        self.faults = faults


class MappingError(TranslatorError):
    """A mapping or a trigger as Segment writes them is none, or cannot be resolved. ``faults``: each, in words."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class HookUnavailable(TranslatorError):
    """The user's function cannot be loaded. No fault of any call."""


class JournalError(TranslatorError):
    """The journal could not do what was asked."""


class JournalUnavailable(JournalError):
    """The journal cannot write now; try again later. Nothing was written, unless ``reason`` is connection: then that is
    not known, and what is sent again is told of duplicates where it was. (A journal without ``dedupes`` may have
    written some of it, whatever the reason.)

    ``reason``: full, locked, readonly, io, connection or refused (a connection that will not be had by waiting), for
    counting.
    """

    def __init__(self, message: str, reason: str = "io") -> None:
        super().__init__(message)
        self.reason = reason


class JournalUnsafe(JournalError):
    """The journal must not be kept in this place or with this engine; the message says why and what to do."""


class LeaseLost(JournalError):
    """The lease had ended before it was settled or renewed. Nothing was changed."""


class DestinationUnknown(JournalError):
    """The journal knows no destination of this name: it never did, or it was renamed or forgotten."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the journal knows no destination {name!r} (any more)")
        self.name = name


class ArchiveError(TranslatorError):
    """The archive could not do what was asked. The message has no secret and nothing of any call."""


class ArchiveUnavailable(ArchiveError):
    """The archive cannot be read or written now; what is to be archived stays in the journal."""


class ArchiveDamaged(ArchiveError):
    """An object of the archive cannot be read, or is not what its name says."""


class Unfinished(TranslatorError):
    """Work by the clock that was done in part, and is to be begun again. The message says what was done, and why not
    the rest."""


class TaxonomyUnavailable(TranslatorError):
    """Amplitude's Taxonomy API cannot be used; the message says why and what to do. It has no key."""


class TaxonomyAbsent(TaxonomyUnavailable):
    """The project's plan at Amplitude does not have the Taxonomy API."""


class TaxonomyRefused(TaxonomyUnavailable):
    """A request was refused. ``status``: 400, 404 or 409."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


class SalesforceError(TranslatorError):
    """What Salesforce has cannot be read; a person is needed. The message has no secret."""


class SalesforceUnavailable(SalesforceError):
    """Salesforce cannot be asked now: it is away, or the org's requests of the day are used up."""


class KpiError(TranslatorError):
    """Figures of groups could not be computed. The message has nothing of any call."""


class DestinationVanished(TranslatorError):
    """Calls wait for destinations that the configuration does not name."""

    def __init__(self, waiting: Mapping[str, int]) -> None:
        named = ", ".join(f"{name} ({count} waiting)" for name, count in sorted(waiting.items()))
        super().__init__(
            f"calls wait for destinations that the configuration does not name: {named}. Name them again, or say what "
            "becomes of them: translator destination rename OLD NEW, or translator destination forget NAME"
        )
        self.waiting = dict(waiting)


class SettingsError(Exception):
    """The configuration is wrong. The message names the key, the value (never a secret) and what it may be."""
