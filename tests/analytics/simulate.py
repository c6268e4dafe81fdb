"""Leads of sources whose own effect is known, with a composition that hides it."""

from itertools import product

import numpy as np
import pandas as pd
from scipy.special import expit

FACTORS = ["platform", "tier", "times"]
_PLATFORM, _TIER, _TIMES = np.array([0.0, 0.9, -1.2, 0.5]), np.array([0.0, -0.3, -0.8]), np.array([0.0, 0.7, 1.2])


def simulate(
    seed: int, effects: list[float], leads: int = 6_000, intercept: float = -0.3
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return counted leads, and each source's residual effect in truth.

    Parameters
    ----------
    effects
        Of each source, in log-odds; sources bring leads of very different platforms, tiers and times contacted.
    intercept
        Log-odds of the usual lead; -4 makes completion rare.
    """
    many = len(effects)
    mixes = np.random.default_rng(99)
    share = np.array([0.30, 0.20, 0.15, 0.10, 0.10, 0.08, 0.05, 0.02])[:many]
    share = share / share.sum()
    platform, tier, times = (mixes.dirichlet(a, many) for a in ([2, 2, 2, 1], [2, 1, 2], [3, 2, 1]))
    strata = list(product(range(4), range(3), range(3)))
    weight = np.array([[platform[s][p] * tier[s][t] * times[s][m] for p, t, m in strata] for s in range(many)])
    reach = np.array([_PLATFORM[p] + _TIER[t] + _TIMES[m] for p, t, m in strata]) + intercept
    chance = expit(np.array(effects)[:, None] + reach)
    own = (weight * chance).sum(axis=1) - (weight * (share[:, None] * chance).sum(axis=0)).sum(axis=1)
    rng = np.random.default_rng(seed)
    n = rng.multinomial(leads, (share[:, None] * weight).ravel()).reshape(many, -1)
    k = rng.binomial(n, chance)
    rows = [
        (f"s{s}", str(p), str(t), str(m), n[s, i], k[s, i])
        for s in range(many)
        for i, (p, t, m) in enumerate(strata)
        if n[s, i]
    ]
    return pd.DataFrame(rows, columns=["source", *FACTORS, "n", "k"]), own
