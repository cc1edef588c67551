"""Notices on their way out: signed webhooks and mail, tried until they arrive.

A notice stands in the journal since the batch that gave rise to it. It is sent at least once: a
process that ends between sending and writing that down sends it again, under the same number.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from foretaste.errors import ForetasteError
from foretaste.gate.posting import NoAnswerError, post_json
from foretaste.gate.watch_section import WatchSection
from foretaste.golden.secret import load_secret, make_secret
from foretaste.watch.journal import Journal, Notice

__all__ = ["SIGNATURE", "Sender", "signature", "verify_signature"]

SIGNATURE, NUMBER = "X-Foretaste-Signature", "X-Foretaste-Notice"
_SECONDS, _FIRST_WAIT, _LONGEST_WAIT = 10.0, 5.0, 3600.0
_DOUBLINGS = 10  # of the wait; it is capped long before
_DIGITS = 12  # of a time in seconds
_FAILURES = (OSError, smtplib.SMTPException, NoAnswerError, ForetasteError, ValueError)


def signature(key: bytes, body: bytes, at: int) -> str:
    """What a webhook carries: the time, and HMAC-SHA-256 over time and body.

    Examples
    --------
    >>> told = signature(b"key", b"{}", 1700000000)
    >>> verify_signature(b"key", b"{}", told, now=1700000100)
    True
    >>> verify_signature(b"key", b"{}", told, now=1700009999)  # replayed hours later
    False
    """
    mac = hmac.new(key, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


def verify_signature(key: bytes, body: bytes, told: str, *, now: int, tolerance: int = 300) -> bool:
    """Whether a webhook is ours and recent, for whoever receives it; `tolerance` in seconds."""
    at = told.partition(",")[0].removeprefix("t=")  # whatever a stranger has sent
    if not (at.isascii() and at.isdecimal() and len(at) <= _DIGITS):
        return False
    if abs(now - int(at)) > tolerance:
        return False
    return hmac.compare_digest(signature(key, body, int(at)).encode(), told.encode())


@dataclass(frozen=True)
class Sender:
    """Empties the outbox."""

    stated: WatchSection
    root: Path  # where paths of the settings start
    journal: Journal

    def send(self, now: float | None = None) -> int:
        """Send what is due; the number of notices that arrived. What fails is tried again later."""
        moment, arrived = time.time() if now is None else now, 0
        for notice in self.journal.due(moment):
            try:
                self._channel(notice)(notice)
            except _FAILURES as error:  # a notice that cannot be sent must not stop the watch
                wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(notice.tries, _DOUBLINGS))
                self.journal.failed(notice, f"{type(error).__name__}: {error}", moment + wait)
            else:
                self.journal.delivered(notice)
                arrived += 1
        return arrived

    def _channel(self, notice: Notice) -> Callable[[Notice], None]:
        return self._webhook if notice.channel.startswith("webhook ") else self._mail

    def _webhook(self, notice: Notice) -> None:
        file = self.root / Path(self.stated.webhook_secret).expanduser()
        secret = load_secret(file) if file.exists() else make_secret(file)
        body = notice.body.encode()
        headers = {
            SIGNATURE: signature(secret.key, body, int(time.time())),
            NUMBER: str(notice.id),
        }
        post_json(notice.channel.removeprefix("webhook "), body, headers, _SECONDS)

    def _mail(self, notice: Notice) -> None:
        told = json.loads(notice.body)
        alarm = told["alarm"]
        message = EmailMessage()
        message["From"], message["To"] = self.stated.mail_from, ", ".join(self.stated.mail_to)
        subject = f"foretaste: {alarm['level']} {told['event']}: {alarm['stream']} {alarm['part']}"
        message["Subject"] = " ".join(subject.split())[:200]
        message["X-Foretaste-Notice"] = str(notice.id)
        lines = [alarm["sentence"], "", f"alarm {alarm['id']}, raised {alarm['raised']}",
                 f"owner: {alarm['owner'] or 'nobody is named'}", f"told again {alarm['expires']}",
                 f"batch: {alarm['batch']}"]  # fmt: skip
        message.set_content("\n".join(lines))
        host, _, port = self.stated.mail_server.partition(":")
        with smtplib.SMTP(host, int(port or 25), timeout=_SECONDS) as server:
            server.send_message(message)
