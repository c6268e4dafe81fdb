"""Made-up leads of a company whose export has nothing in common with ours but its kind."""

import numpy as np
import pandas as pd


def make_members(rows: int = 900, seed: int = 3) -> pd.DataFrame:
    """Leads of a gym: who became a member (Status: Joined or Lost), and a remark that was written afterwards."""
    rng = np.random.default_rng(seed)
    goal = rng.choice(["Select", "Lose weight", "Run", "Yoga"], rows, p=[0.3, 0.3, 0.2, 0.2])
    source = rng.choice(["Friend", "Flyer", "Search"], rows)
    minutes = np.round(rng.gamma(2, 20, rows), 1)
    margin = (source == "Friend") * 1.6 + (goal != "Select") * 1.1 + np.log1p(minutes) * 0.8 - 4.4
    joined = rng.random(rows) < 1 / (1 + np.exp(-margin))
    leads = pd.DataFrame(
        {
            "Ref": [f"M-{n:05d}" for n in rng.permutation(rows)],
            "Member Name": [f"Person {n}" for n in range(rows)],
            "E-mail": [f"person{n}@example.org" for n in range(rows)],
            "Mobile": [f"+49 151 {n:07d}" for n in range(rows)],
            "Enquiry Date": pd.date_range("2025-01-01", periods=rows, freq="5h").strftime("%d.%m.%Y %H:%M"),
            "Lead Source": source,
            "Goal": goal,
            "MinutesOnSite": [f"{m:.1f}" if rng.random() > 0.1 else "" for m in minutes],
            "Newsletter": rng.choice(["Yes", "No"], rows),
            "Country": "Germany",
            "Status": np.where(joined, "Joined", "Lost"),
            "Remarks": np.where(
                joined, rng.choice(["pays monthly", "pays yearly"], rows), rng.choice(["no", "late"], rows)
            ),
        }
    )
    return leads.astype("str")
