"""An archive in an S3-compatible bucket, by obstore. A put is whole, by the protocol itself.

Without a key in the settings obstore looks for the machine's or the container's own role, as Amazon's tools do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from translator.errors import ArchiveUnavailable, SettingsError
from translator.settings.values import ArchiveSettings

if TYPE_CHECKING:
    from obstore.store import S3Store

CONNECT_SECONDS = 5
REQUEST_SECONDS = 60
RETRY_SECONDS = 30
CODE = re.compile(r"<Code>(\w{1,60})</Code>")
STATUS = re.compile(r"\b([45]\d\d) [A-Z][a-z]")
WRONG_BUCKETS = ("NoSuchBucket", "InvalidBucketName")


class Bucket:
    """See stores.Store. Opens nothing before its first use, which is after any fork. Raises SettingsError where
    obstore is not installed."""

    def __init__(self, bucket: str, prefix: str, settings: ArchiveSettings) -> None:
        try:
            import obstore
            import obstore.store as stores
        except ImportError:
            raise SettingsError(
                "archive.url: s3:// needs a package more: pip install 'segment-amplitude-translator[s3]'"
            ) from None
        self.said = f"s3://{bucket}/{prefix}".rstrip("/") + (f" at {settings.endpoint}" if settings.endpoint else "")
        self._bucket, self._prefix, self._settings = bucket, prefix, settings
        self._api: Any = obstore
        self._stores = stores
        self._pid = 0

    def put(self, name: str, data: bytes) -> None:
        """See Store."""
        with self._named():
            # in one request: parts of a larger one would have to be cleaned up
            self._api.put(self._store(), name, data, use_multipart=False)

    def get(self, name: str) -> bytes | None:
        """See Store."""
        with self._named():
            try:
                return bytes(self._api.get(self._store(), name).bytes())
            except (FileNotFoundError, self._api.exceptions.NotFoundError) as error:
                if any(code in str(error) for code in WRONG_BUCKETS):
                    raise
                return None

    def delete(self, name: str) -> None:
        """See Store."""
        with self._named():
            try:
                self._api.delete(self._store(), name)
            except (FileNotFoundError, self._api.exceptions.NotFoundError) as error:
                if any(code in str(error) for code in WRONG_BUCKETS):
                    raise

    def names(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See Store."""
        with self._named():
            for part in self._api.list(self._store(), prefix=prefix.rstrip("/")):
                yield from ((one["path"], one["size"]) for one in part)

    def tidy(self) -> None:
        """See Store. A put that was cut off has left nothing."""

    def _store(self) -> S3Store:
        if self._pid != os.getpid():
            self._made = self._open()
            self._pid = os.getpid()
        return self._made

    def _open(self) -> S3Store:
        settings, more = self._settings, {}
        if settings.endpoint:
            more["endpoint"] = settings.endpoint.rstrip("/")
        if settings.access_key_id and settings.secret_access_key:
            more |= {"access_key_id": settings.access_key_id, "secret_access_key": settings.secret_access_key}
        seconds: Any = {
            "max_retries": 3,
            "retry_timeout": timedelta(seconds=RETRY_SECONDS),
        }
        return self._stores.S3Store(
            self._bucket,
            prefix=self._prefix or None,
            region=settings.region,
            client_options={
                "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
                "timeout": timedelta(seconds=REQUEST_SECONDS),
                "allow_http": (settings.endpoint or "").startswith("http://"),
            },
            retry_config=seconds,
            **more,  # type: ignore[arg-type]  # texts by name
        )

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Errors of the library as errors of the house: its texts repeat the answer, which may name a key."""
        try:
            yield
        except (self._api.exceptions.BaseError, OSError) as error:
            raise ArchiveUnavailable(f"{self.said}: {_said(error)}") from None
        except BaseException as error:
            # a panic in Rust is no Exception (PyO3): of a key with a line break, for one (obstore 0.12, 2026-11-28)
            if type(error).__name__ != "PanicException":
                raise
            raise ArchiveUnavailable(f"{self.said}: obstore has failed: are the keys as they were given?") from None


def _said(error: Exception) -> str:
    """What went wrong, in words that cannot hold a key."""
    text = str(error)
    code, status = CODE.search(text), STATUS.search(text)
    if code or status:
        return " ".join(found[1] for found in (status, code) if found)
    if "error sending request" in text or "onnect" in text:
        return "cannot be reached"
    return type(error).__name__
