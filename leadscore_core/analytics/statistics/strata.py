"""Strata: leads that are alike in all factors, as 0/1 columns and as distinct combinations."""

import numpy as np
import pandas as pd

BLANK = "\0"


def factor_columns(cells: pd.DataFrame, factors: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return 0/1 columns of all factor values but the most frequent, and which factor each is of."""
    blocks, owner = [], []
    for place, factor in enumerate(factors):
        codes, values = pd.factorize(cells[factor].fillna(BLANK), sort=True)
        usual = int(np.bincount(codes, cells["n"], len(values)).argmax()) if len(values) else 0
        others = [code for code in range(len(values)) if code != usual]
        blocks.append((codes[:, None] == np.array(others, dtype="int64")[None, :]).astype("float64"))
        owner += [place] * len(others)
    design = np.hstack(blocks) if blocks else np.empty((len(cells), 0))
    return design, np.array(owner, dtype="int64")


def distinct_strata(design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct combinations of factor values, and which of them each cell has."""
    if design.shape[1] == 0:
        return np.zeros((1, 0)), np.zeros(len(design), dtype="int64")
    strata, place = np.unique(design, axis=0, return_inverse=True)
    return strata, place.reshape(-1)
