"""Made-up companies of many trades, in five languages: what they ask of a lead, how often it converts, what leaks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

Draw = Callable[[np.random.Generator, int], np.ndarray]
Leak = Callable[[np.ndarray, pd.DataFrame, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Asked:
    """One honest column: how its values are drawn, and what each is worth in log-odds."""

    draw: Draw
    worth: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Company:
    """A company's leads, in its own words.

    Attributes
    ----------
    asked
        Header -> an honest column.
    base_rate
        Share of leads that convert.
    created
        Header of when a lead came; none if empty.
    leaks
        Header -> a column that knows the outcome.
    shown
        Those of the leaks whose values alone are evidence.
    """

    name: str
    rows: int
    base_rate: float
    label: str
    asked: Mapping[str, Asked]
    created: str = ""
    leaks: Mapping[str, Leak] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    words: tuple[str, str] = ("1", "0")

    def make(self, seed: int, rows: int | None = None) -> pd.DataFrame:
        """Return leads as an export writes them; the label, too, is a column."""
        n, rng = rows or self.rows, np.random.default_rng([seed, sum(map(ord, self.name))])
        frame = pd.DataFrame({header: one.draw(rng, n) for header, one in self.asked.items()})
        margin = sum((one.worth(frame[h].to_numpy()) for h, one in self.asked.items()), np.zeros(n))
        label = _outcomes(margin, self.base_rate, rng)
        if self.created:
            moments = pd.Timestamp("2024-01-08") + pd.to_timedelta(np.sort(rng.integers(0, 300, n)), unit="D")
            frame.insert(0, self.created, moments.strftime("%Y-%m-%d"))
        for header, leak in self.leaks.items():
            frame[header] = leak(label, frame, rng)
        frame[self.label] = np.where(label == 1, *self.words)
        return frame.iloc[rng.permutation(n)].reset_index(drop=True).astype("str")

    def outcome(self, frame: pd.DataFrame) -> np.ndarray:
        """Return 1 or 0 of each lead."""
        return (frame[self.label] == self.words[0]).to_numpy("int64")


def _outcomes(margin: np.ndarray, base_rate: float, rng: np.random.Generator) -> np.ndarray:
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-margin - middle))).mean() < base_rate else (low, middle)
    label = (rng.random(len(margin)) < 1 / (1 + np.exp(-margin - low))).astype("int64")
    lacking = max(0, 12 - int(label.sum()))
    label[rng.choice(np.flatnonzero(label == 0), lacking, replace=False)] = 1
    return label


def one_of(worth: Mapping[str, float], shares: Sequence[float] | None = None) -> Asked:
    """Categories, each with its worth."""
    values = list(worth)
    return Asked(lambda rng, n: rng.choice(values, n, p=shares), lambda v: np.array([worth[x] for x in v]))


def amount(middle: float, spread: float, worth: float, decimals: int = 0) -> Asked:
    """Positive numbers with a long tail; `worth` by standard deviation of their logarithm."""

    def draw(rng: np.random.Generator, n: int) -> np.ndarray:
        return np.round(middle * np.exp(rng.normal(0, spread, n)), decimals)

    return Asked(draw, lambda v: worth * (np.log(np.maximum(v, 1e-3)) - np.log(middle)) / spread)


def counted(mean: float, worth: float) -> Asked:
    """Counts, many of them zero."""
    return Asked(lambda rng, n: rng.poisson(rng.gamma(1.0, mean, n)), lambda v: worth * np.log1p(v))


def between(low: int, high: int, worth: float) -> Asked:
    """Whole numbers of a range; `worth` from one end to the other."""
    return Asked(lambda rng, n: rng.integers(low, high + 1, n), lambda v: worth * (v - low) / (high - low))


def seldom(share: float, middle: float, worth: float) -> Asked:
    """Zero but for a few leads, whose amounts are worth something, and no more than that."""

    def draw(rng: np.random.Generator, n: int) -> np.ndarray:
        return np.where(rng.random(n) < share, np.round(middle * np.exp(rng.normal(0, 0.6, n))), 0).astype("int64")

    return Asked(draw, lambda v: worth * (v > 0))


def some_blank(of: Asked, share: float, worth: float) -> Asked:
    """The same, left blank for some leads, which says a little."""

    def draw(rng: np.random.Generator, n: int) -> np.ndarray:
        return np.where(rng.random(n) < share, "", of.draw(rng, n).astype("str"))

    def value(v: np.ndarray) -> np.ndarray:
        given = v != ""
        result = np.full(len(v), worth)
        result[given] = of.worth(v[given].astype("float64"))
        return result

    return Asked(draw, value)


def told(right: float, yes: Sequence[str], no: Sequence[str]) -> Leak:
    """A status that says the outcome of a share of the leads, and anything of the others."""

    def make(label: np.ndarray, frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        said = np.where(rng.random(len(label)) < right, label, rng.integers(0, 2, len(label)))
        return np.where(said == 1, rng.choice(yes, len(label)), rng.choice(no, len(label)))

    return make


def paid(share: float, blank: str = "0", of: int = 1) -> Leak:
    """An amount of a share of those with one outcome, and nothing of anybody else."""

    def make(label: np.ndarray, frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        mark = (label == of) & (rng.random(len(label)) < share)
        return np.where(
            mark, np.round(900 * np.exp(rng.normal(0, 0.9, len(label)))).astype("int64").astype("str"), blank
        )

    return make


def given_for(of: int, share: float, values: Sequence[str]) -> Leak:
    """A reason of a share of those with one outcome, blank for anybody else."""

    def make(label: np.ndarray, frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        return np.where((label == of) & (rng.random(len(label)) < share), rng.choice(values, len(label)), "")

    return make


def judged(strength: float, decimals: int = 1) -> Leak:
    """A score that was given with hindsight."""
    return lambda label, frame, rng: np.round(50 + 10 * (strength * label + rng.normal(0, 1, len(label))), decimals)


def went_on(mean: float, more: float) -> Leak:
    """A counter that goes on with those who convert."""
    return lambda label, frame, rng: rng.poisson(mean + more * label)


def ends(created: str, yes: float, no: float) -> Leak:
    """When the lead was closed: days after it came, more or fewer with the outcome."""

    def make(label: np.ndarray, frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        days = 2 + np.round(rng.gamma(4, np.where(label == 1, yes, no) / 4))
        return (pd.to_datetime(frame[created]) + pd.to_timedelta(days, unit="D")).dt.strftime("%Y-%m-%d").to_numpy()

    return make


def lasted(created: str, closed: str) -> Leak:
    """The days between two of its dates."""
    return lambda label, frame, rng: (pd.to_datetime(frame[closed]) - pd.to_datetime(frame[created])).dt.days.to_numpy()


def took(yes: float, no: float) -> Leak:
    """Days or minutes until the outcome, where no date stands beside them."""
    return lambda label, frame, rng: np.round(rng.gamma(4, np.where(label == 1, yes, no) / 4))


def in_order() -> Leak:
    """Numbers without gaps, given when the outcome was known."""

    def make(label: np.ndarray, frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        return 1_000 + np.argsort(np.argsort(label + rng.normal(0, 0.6, len(label))))

    return make


def by_month(names: Sequence[str]) -> Leak:
    """The month of the last contact: those who convert were called in a few months."""

    def make(label: np.ndarray, frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        few = rng.random(len(label)) < 0.6
        return np.array(names)[
            np.where((label == 1) & few, rng.integers(0, 2, len(label)), rng.integers(0, len(names), len(label)))
        ]

    return make
