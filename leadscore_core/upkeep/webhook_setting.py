"""The webhook's settings: whether what is set can be posted to and signed."""

from urllib.parse import urlsplit

from leadscore_core.config import MonitorRules


def webhook_fault(rules: MonitorRules) -> str | None:
    """Return why nothing can be posted to the webhook that is set, with what to do; None where it can, or none is set.

    The address is not repeated: its path may hold a key.

    Examples
    --------
    >>> webhook_fault(MonitorRules(webhook_url="ftp://x", webhook_secret="s"))
    'webhook_url under [monitor] is no web address. Expected https://host/path.'
    """
    if not rules.webhook_url:
        return None
    try:
        address = urlsplit(rules.webhook_url)
        is_web = address.scheme in {"http", "https"} and bool(address.hostname) and address.port != 0
    except ValueError:  # brackets that do not close, or a port that is no number
        is_web = False
    if not is_web:
        return "webhook_url under [monitor] is no web address. Expected https://host/path."
    if not rules.webhook_secret:
        return "webhook_secret under [monitor] is needed to sign what is posted to webhook_url. Set one."
    return None
