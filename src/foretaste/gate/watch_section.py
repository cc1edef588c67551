"""Settings of `foretaste watch`: what honest operation looks like, and who is told."""

from __future__ import annotations

import math
from dataclasses import dataclass

from foretaste.errors import UsageError
from foretaste.gate.posting import check_address

__all__ = ["WatchSection"]

_MOST_DAYS, _MOST_SECONDS = 3650.0, 86_400.0


@dataclass(frozen=True)
class WatchSection:
    """Rates are bounds with room to spare: above them something has happened."""

    state: str = ".foretaste/watch"
    inbox: str = "foretaste-watch"  # where `foretaste watch serve` looks for batches
    error_rate: float = 0.1  # of labelled predictions
    flip_rate: float = 0.02  # of probes, against the answers before
    attack_rate: float = 0.05  # of stamped rows read as the target
    slices: tuple[str, ...] = ()  # columns of a batch
    run_length: float = 100_000.0  # rows until a change is told falsely, on average at least
    reference_rows: int = 1000  # first predictions of a model, whose mix of classes is its usual
    expire_days: float = 7.0  # an alarm that nobody has dealt with is told again
    owner: str = ""
    webhooks: tuple[str, ...] = ()
    webhook_secret: str = ".foretaste/webhook.secret"  # noqa: S105 - a place
    mail_to: tuple[str, ...] = ()
    mail_from: str = "foretaste@localhost"
    mail_server: str = "localhost:25"
    poll_seconds: float = 2.0

    def __post_init__(self) -> None:
        for name in ("error_rate", "flip_rate", "attack_rate"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0 < value < 1):
                raise UsageError(
                    f"[watch] {name}: expected a share strictly between 0 and 1, got {value}"
                )
        for name in ("run_length", "reference_rows", "expire_days", "poll_seconds"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise UsageError(f"[watch] {name}: expected a number above 0, got {value}")
        for name, most in (("expire_days", _MOST_DAYS), ("poll_seconds", _MOST_SECONDS)):
            if getattr(self, name) > most:
                raise UsageError(
                    f"[watch] {name}: expected at most {most:g}, got {getattr(self, name)}"
                )
        for url in self.webhooks:
            check_address(url, "[watch] webhooks")
        host, mark, port = self.mail_server.rpartition(":")
        if mark and not (host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
            raise UsageError(
                f"[watch] mail_server: expected HOST or HOST:PORT, got {self.mail_server!r:.120}"
            )
