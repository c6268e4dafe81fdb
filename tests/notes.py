"""Made-up leads with notes: some of their words go with the outcome, and some say who people are."""

import numpy as np
import pandas as pd

FIRST = ("Asha", "Benno", "Chidi", "Dilara", "Emeka", "Farah", "Gustav", "Hina")
LAST = ("Rao", "Wirth", "Okafor", "Yilmaz", "Nwosu", "Khan", "Lund", "Mehta")
_TOPICS = ("fees", "timetable", "parking", "teachers", "location", "exams", "weekends", "discounts")


def make_noted(rows: int = 500, seed: int = 5, *, telling: bool = True) -> pd.DataFrame:
    """Leads of whom notes were taken; whoever wants a callback is often won, where the notes tell anything."""
    rng = np.random.default_rng(seed)
    first, last = rng.choice(FIRST, rows), rng.choice(LAST, rows)
    asks = rng.random(rows) < 0.4
    source = rng.choice(["Web", "Fair", "Call"], rows)
    margin = (source == "Fair") * 0.8 - 0.9 + (2.2 * asks if telling else 0)
    won = rng.random(rows) < 1 / (1 + np.exp(-margin))
    mails = [f"{one}.{two}{i}@example.org".lower() for i, (one, two) in enumerate(zip(first, last, strict=True))]
    notes = [
        f"{who} asked about {topic} and {other}{', wants a callback' if wants else ', will think'} on +91 98765 {i:05d}"
        f"{f' or {mail}' if i % 3 == 0 else ''}"
        for i, (who, topic, other, wants, mail) in enumerate(
            zip(first, rng.choice(_TOPICS, rows), rng.choice(_TOPICS, rows), asks, mails, strict=True)
        )
    ]
    return pd.DataFrame(
        {
            "Lead No": [f"N-{i:05d}" for i in range(rows)],
            "Name": [f"{one} {two}" for one, two in zip(first, last, strict=True)],
            "Email": mails,
            "Created": pd.date_range("2025-01-01", periods=rows, freq="2h").strftime("%Y-%m-%d %H:%M"),
            "Source": source,
            "Notes": pd.Series(notes).where(rng.random(rows) > 0.05, ""),
            "Won": np.where(won, "Yes", "No"),
        }
    )
