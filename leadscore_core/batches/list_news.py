"""News of a list: how many of its people are new, were seen, called, won, and how scores moved since."""

from dataclasses import dataclass, replace
from datetime import datetime

from leadscore_core.batches.view import BatchView
from leadscore_core.storage.leads.filters import CHANGED, LeadFilter, News

_ALL = LeadFilter(section="all")


@dataclass(frozen=True)
class ListNews:
    """Leads of a list that were not seen before, and of the others how many were called, won, or are not to be called.

    ``up`` and ``down`` count leads whose score moved by `CHANGED` points or more since the list before.
    """

    leads: int
    new: int
    seen: int
    called: int
    won: int
    suppressed: int
    up: int
    down: int

    def describe(self, won_words: str) -> str:
        """Say it in one sentence; empty where nobody is known.

        Parameters
        ----------
        won_words
            What those who were won did, such as "converted".

        Examples
        --------
        >>> ListNews(300, 180, 120, 60, 12, 3, 0, 0).describe("converted")
        '180 of 300 people are new; 120 stood on an earlier list: 60 were called, 12 converted, 3 are not to be called.'
        """
        if not self.seen and not self.called:
            return ""
        known = [
            f"{n:,} {was if n == 1 else were}"
            for n, was, were in (
                (self.called, "was called", "were called"),
                (self.won, won_words, won_words),
                (self.suppressed, "is not to be called", "are not to be called"),
            )
            if n
        ]
        parts = [f"{self.new:,} of {self.leads:,} {'person is' if self.leads == 1 else 'people are'} new"]
        if self.seen:
            parts.append(f"{self.seen:,} stood on an earlier list" + (f": {', '.join(known)}" if known else ""))
        elif known:
            parts.append(", ".join(known))
        if self.up or self.down:
            parts.append(f"{self.up:,} went up by {CHANGED} points or more, {self.down:,} went down")
        return "; ".join(parts) + "."


def list_news(view: BatchView) -> ListNews:
    """Return the news of a batch."""

    def count(news: News) -> int:
        return view.table.count(replace(_ALL, news=(news,)))

    seen = count("seen")
    states = view.table.by_state()
    return ListNews(
        view.table.rows,
        view.table.rows - seen,
        seen,
        count("called"),
        states.get("won", (0, 0.0))[0],
        states.get("suppressed", (0, 0.0))[0],
        count("up"),
        count("down"),
    )


def describe_move(now: int, before: int, since: datetime) -> str:
    """Say how a lead's score moved since an earlier list; empty where it did not.

    Examples
    --------
    >>> describe_move(61, 45, datetime(2026, 10, 3))
    'Went up 16 since 3 October 2026'
    >>> describe_move(45, 45, datetime(2026, 10, 3))
    ''
    """
    if now == before:
        return ""
    way = "up" if now > before else "down"
    return f"Went {way} {abs(now - before)} since {since.day} {since:%B %Y}"
