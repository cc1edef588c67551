"""A place on S3-compatible storage (Amazon S3, MinIO, Ceph ...), by conditional writes."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from foretaste.errors import ForetasteError, MissingExtraError, OutputError, UnreadableDataError
from foretaste.store.place import check_name

if TYPE_CHECKING:
    from obstore.store import S3Store

__all__ = ["BucketPlace", "Limits"]

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Limits:
    """How long to try before the storage counts as out of reach."""

    seconds: float = 20.0  # one request
    retries: int = 3
    total: float = 60.0  # seconds, all retries of one request together


@dataclass(frozen=True)
class BucketPlace:
    """A prefix of a bucket; a name is created with ``If-None-Match``, so it is never overwritten.

    Credentials, region and endpoint are taken from the environment as Amazon's own tools do
    (``AWS_ACCESS_KEY_ID``, ``AWS_REGION``, ``AWS_ENDPOINT_URL`` ...). A bucket with default
    retention keeps even its owner from altering evidence; `remove` fails there.
    """

    bucket: str
    prefix: str
    store: S3Store = field(repr=False)
    grace: float = 3600.0  # nothing locks a bucket

    @classmethod
    def open(cls, bucket: str, prefix: str = "", limits: Limits | None = None) -> BucketPlace:
        """Open ``s3://bucket/prefix``; nothing is read or written yet.

        Raises
        ------
        MissingExtraError
            obstore is not installed.
        OutputError
            The address or the environment is not understood.
        """
        try:
            from obstore.exceptions import BaseError  # noqa: PLC0415 - an extra
            from obstore.store import S3Store  # noqa: PLC0415
        except ImportError as error:
            raise MissingExtraError("storage in a bucket", "s3") from error
        limits = limits or Limits()
        client = {"timeout": timedelta(seconds=limits.seconds), "allow_http": _stays_here()}
        retry = {"max_retries": limits.retries, "retry_timeout": timedelta(seconds=limits.total)}
        try:
            store = S3Store(
                bucket,
                prefix=prefix or None,
                client_options=client,  # type: ignore[arg-type]  # a typed dict
                retry_config=retry,  # type: ignore[arg-type]
            )
        except (BaseError, ValueError) as error:
            raise OutputError(
                f"store s3://{bucket}: {_first_line(error)}; check the address and the environment"
            ) from error
        return cls(bucket, prefix, store)

    @property
    def described(self) -> str:
        """The address."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def create(self, name: str, content: bytes) -> bool:
        """One conditional write."""
        from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415 - an extra

        def write() -> bool:
            try:
                self.store.put(check_name(name), content, mode="create", use_multipart=False)
            except AlreadyExistsError:  # also met by a retry after a lost answer: see `Place`
                return False
            return True

        return self._told("write", name, OutputError, write)

    def read(self, name: str) -> bytes | None:
        """The whole object."""

        def fetch() -> bytes | None:
            try:
                return bytes(self.store.get(check_name(name)).bytes())
            except FileNotFoundError:
                return None

        return self._told("read", name, UnreadableDataError, fetch)

    def names(self, below: str) -> list[str]:
        """All objects below."""

        def walk() -> list[str]:
            blocks = self.store.list(prefix=check_name(below))
            return sorted(str(entry["path"]) for block in blocks for entry in block)

        return self._told("list", below, UnreadableDataError, walk)

    def remove(self, name: str) -> None:
        """Delete the object."""

        def delete() -> None:
            try:
                self.store.delete(check_name(name))
            except FileNotFoundError:
                return

        self._told("remove", name, OutputError, delete)

    def alone(self) -> AbstractContextManager[object]:
        """A bucket cannot be locked: conditional writes decide between two writers."""
        return nullcontext()

    def _told(
        self, act: str, name: str, kind: type[ForetasteError], run: Callable[[], _Result]
    ) -> _Result:
        from obstore.exceptions import BaseError  # noqa: PLC0415 - an extra

        try:
            return run()
        except (BaseError, OSError) as error:
            raise kind(
                f"store {self.described}: cannot {act} {name}: {_first_line(error)}; "
                "nothing was lost, check address, credentials and network and run it again"
            ) from error


def _stays_here() -> bool:
    """Whether requests go to this machine only: elsewhere plain HTTP needs AWS_ALLOW_HTTP."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or ""
    host = urlsplit(endpoint).hostname
    return host in {"localhost", "127.0.0.1", "::1"} or bool(os.environ.get("AWS_ALLOW_HTTP"))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
