"""The webhook: a certain change of the verdict is posted as JSON, signed, from an outbox that tries again."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from leadscore_core.config import Settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.storage.database.engine import now
from leadscore_core.storage.database.outbox import Message, Outbox
from leadscore_core.upkeep.webhook_setting import webhook_fault

SIGNATURE, KEY = "X-LeadScore-Signature", "X-LeadScore-Delivery"
TOLERANCE = 300
_TIMEOUT = 10


class _NoRedirects(HTTPRedirectHandler):
    """A signed message goes where it was meant to go, or nowhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none."""


def sign(body: str, secret: str, moment: int) -> str:
    """Return the signature of a message: when it was sent, and HMAC-SHA256 of that and its text.

    Examples
    --------
    >>> sign("{}", "secret", 0)[:12]
    't=0,v1=4bbe8'
    """
    digest = hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def is_signed(body: str, signature: str, secret: str, moment: int) -> bool:
    """Tell whether a message came from whoever knows the secret, within five minutes of a moment (Unix seconds).

    Examples
    --------
    >>> is_signed("{}", sign("{}", "secret", 100), "secret", 160), is_signed("{}", "t=1,v1=0", "secret", 1)
    (True, False)
    """
    sent = signature.partition(",")[0].removeprefix("t=")
    if not sent.isdigit() or abs(moment - int(sent)) > TOLERANCE:
        return False
    return hmac.compare_digest(sign(body, secret, int(sent)), signature)


def post_later(event: dict[str, Any], settings: Settings) -> str | None:
    """Put a message into the outbox, and return its key; None where no webhook is set.

    Raises
    ------
    LeadScoreError
        If the address is no web address, or there is no secret to sign with.
    """
    url = settings.monitor.webhook_url
    if not url:
        return None
    fault = webhook_fault(settings.monitor)
    if fault is not None:
        raise LeadScoreError(fault)
    return Outbox(settings).put(url, json.dumps(event, default=str, sort_keys=True))


def deliver(
    settings: Settings, *, moment: datetime | None = None, post: Callable[[Request], int] | None = None
) -> tuple[int, int]:
    """Post what is due; what nobody takes is tried again later, up to twelve times.

    Returns
    -------
    sent, failed
        How many were taken and how many were not.
    """
    outbox, sent, failed = Outbox(settings), 0, 0
    for message in outbox.claim(moment):
        problem = _try(message, settings.monitor.webhook_secret, post or _post)
        outbox.settle(message, problem, moment or now())
        sent, failed = sent + (not problem), failed + bool(problem)
    return sent, failed


def _try(message: Message, secret: str, post: Callable[[Request], int]) -> str:
    """Post a message, and return what went wrong; empty if it was taken."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "LeadScore",
        KEY: message.key,
        SIGNATURE: sign(message.body, secret, int(time.time())),
    }
    if not message.url.startswith(("http://", "https://")):
        return "is no web address"
    try:
        status = post(Request(message.url, message.body.encode(), headers, method="POST"))  # noqa: S310  # seen above
    except HTTPError as error:
        return f"answered {error.code}"
    except (URLError, OSError, ValueError) as error:
        return f"could not be reached ({getattr(error, 'reason', error)})"
    return "" if status < 300 else f"answered {status}"  # noqa: PLR2004


def _post(request: Request) -> int:
    with build_opener(_NoRedirects).open(request, timeout=_TIMEOUT) as answer:
        return int(answer.status)
