"""How good a model of few leads is: the blend beside logistic regression, LightGBM and Odoo's lead scoring.

    python benchmarks/few_leads.py FILE [--label COLUMN] [--exclude COLUMN] [--draws 50] [--rows 100 200 500 1000]

So many leads are drawn at random, so often; each contender learns from them, features included, and is judged on up to
5,000 of the others. A draw in which an outcome has too few leads to learn from is left out and counted. A list with
columns of its own needs `--label`; what `check` says leaks is named with `--exclude`. The last line is JSON.

Odoo's predictive lead scoring is a naive Bayes over how often each value of a field was won and lost, with 0.1 added to
every count, the values of a lead that were never seen left out (Odoo's documentation of CRM, "Assign leads with
predictive lead scoring", and its method `_pls_get_naive_bayes_probabilities`). Its fields are texts; numbers and dates
are none of them.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, cpu_count, delayed
from sklearn.metrics import brier_score_loss, roc_auc_score

from leadscore_core.data.reading.reader import read_leads
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.inference import build_schema, propose_schema
from leadscore_core.data.schema.schema import TEXT_ROLES, LeadSchema
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.model.algorithms import make_estimator
from leadscore_core.model.pipeline import make_features
from leadscore_core.training.enough import can_learn
from leadscore_core.training.training_data import make_training_data

ROWS = (100, 200, 500, 1_000)
JUDGED = 5_000
LEADSCORE, SINGLE, ODOO, BASE = "blend", ("logistic", "lightgbm"), "odoo", "base rate"


def say(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(text + "\n")


class OdooScoring:
    """Naive Bayes over the values of fields, as Odoo's predictive lead scoring computes it."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)

    def fit(self, leads: pd.DataFrame, label: np.ndarray) -> "OdooScoring":
        """Count how often each value was won and lost."""
        self.prior_ = np.array([(label == 1).sum(), (label == 0).sum()]) / len(label)
        self.shares_: dict[str, dict[str, np.ndarray]] = {}
        for field in self.fields:
            values = leads[field].astype("object")
            known = values.notna().to_numpy()
            counts = pd.crosstab(values[known], label[known]).reindex(columns=[1, 0], fill_value=0) + 0.1
            self.shares_[field] = {
                str(v): row for v, row in zip(counts.index, (counts / counts.sum()).to_numpy(), strict=True)
            }
        return self

    def propensity(self, leads: pd.DataFrame) -> np.ndarray:
        """Return the probability of winning, 0.0001 to 0.9999 as Odoo writes it, one a lead."""
        unseen = np.ones(2)
        total = np.tile(np.log(self.prior_), (len(leads), 1))
        for field in self.fields:
            shares = self.shares_[field]
            total += np.log(np.stack([shares.get(str(value), unseen) for value in leads[field].astype("object")]))
        return np.clip(1 / (1 + np.exp(total[:, 1] - total[:, 0])), 0.0001, 0.9999)


def text_fields(cleaned: pd.DataFrame, schema: LeadSchema) -> list[str]:
    """Name the fields that Odoo's method can count: those of few words."""
    return [c.name for c in schema.inputs if c.role in TEXT_ROLES and c.name in cleaned]


def read_labelled(path: Path, label: str, excluded: Sequence[str]) -> tuple[pd.DataFrame, np.ndarray, LeadSchema]:
    """Return cleaned leads with an outcome, 0 or 1 for each, and what their columns mean."""
    frame = read_leads(path)
    schema = build_schema(propose_schema(frame, label), "few") if label else load_schema()
    known = make_training_data(frame, schema, map_frame(frame, schema)).known
    out = [column.name for column in schema.inputs if set(excluded) & {column.name, *column.aliases}]
    schema = schema.without(out)
    return known.cleaned(schema), known.outcome, schema


def judge_draw(
    cleaned: pd.DataFrame, label: np.ndarray, schema: LeadSchema, rows: int, draw: int
) -> list[dict[str, Any]]:
    """Learn from leads drawn at random and judge on others; nothing where they are too few to learn from."""
    mixed = np.random.default_rng([draw, rows]).permutation(len(label))
    own, others = np.sort(mixed[:rows]), np.sort(mixed[rows : rows + JUDGED])
    truth, judged = label[own], label[others]
    if not can_learn(truth) or len(np.unique(judged)) < 2:
        return []
    train, test = cleaned.iloc[own], cleaned.iloc[others]
    features = make_features(schema).fit(train, truth, recognise=False)
    seen, wanted = features.transform(train), features.transform(test)
    found = {name: make_estimator(name).fit(seen, truth).predict_proba(wanted)[:, 1] for name in (LEADSCORE, *SINGLE)}
    found[ODOO] = OdooScoring(text_fields(cleaned, schema)).fit(train, truth).propensity(test)
    found[BASE] = np.full(len(judged), truth.mean())
    return [
        {
            "rows": rows,
            "draw": draw,
            "name": name,
            "auc": roc_auc_score(judged, p),
            "brier": brier_score_loss(judged, p),
        }
        for name, p in found.items()
    ]


def judge_draws(
    cleaned: pd.DataFrame,
    label: np.ndarray,
    schema: LeadSchema,
    rows: Sequence[int] = ROWS,
    draws: int = 50,
    *,
    cores: int = 1,
) -> pd.DataFrame:
    """Return one row a number of leads and contender.

    Returns
    -------
    pandas.DataFrame
        ``rows``, ``name``, ``draws`` (that had enough to learn from), ``auc`` and ``brier`` (means), and
        ``beats_base_rate`` (share of draws whose Brier score is below that of the base rate of the leads drawn).
    """
    work = [(n, draw) for n in rows if 2 * n <= len(label) for draw in range(draws)]
    judged = Parallel(cores)(delayed(judge_draw)(cleaned, label, schema, n, draw) for n, draw in work)
    table = pd.DataFrame([row for part in judged for row in part], columns=["rows", "draw", "name", "auc", "brier"])
    base = table[table["name"] == BASE].set_index(["rows", "draw"])["brier"]
    own = pd.MultiIndex.from_frame(table[["rows", "draw"]])
    table["beats_base_rate"] = table["brier"].to_numpy() < base.reindex(own).to_numpy()
    grouped = table.groupby(["rows", "name"], sort=False)
    means = grouped[["auc", "brier", "beats_base_rate"]].mean()
    return means.assign(draws=grouped.size()).reset_index()


def show(table: pd.DataFrame) -> None:
    """Print what was measured, for people."""
    for rows, part in table.groupby("rows"):
        say(f"\n{rows:,} leads")
        for row in part.itertuples():
            say(
                f"  {row.name:10} AUC {row.auc:.4f}, Brier {row.brier:.4f}, better than the base rate in "
                f"{row.beats_base_rate:.0%} of {row.draws} draws"
            )


def main() -> None:
    """Measure, show a table, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="labelled leads")
    parser.add_argument("--label", default="", help="column of the outcome, for columns other than CodePro's")
    parser.add_argument("--exclude", nargs="*", default=[], help="columns that leak")
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--rows", type=int, nargs="*", default=list(ROWS))
    asked = parser.parse_args()
    table = judge_draws(
        *read_labelled(asked.file, asked.label, asked.exclude), asked.rows, asked.draws, cores=cpu_count()
    )
    show(table)
    say(json.dumps(table.round(4).to_dict("records")))


if __name__ == "__main__":
    main()
