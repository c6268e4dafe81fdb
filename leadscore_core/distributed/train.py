"""Training on a cluster: the trees are grown by lightgbm.dask, everything else is the training pipeline as it is."""

import logging
from typing import Any

import dask.array as da
import lightgbm as lgb
import numpy as np
from distributed import Client, wait

from leadscore_core.errors import LeadScoreError
from leadscore_core.model.classifier import GrowTrees


def trees_on(client: Client) -> GrowTrees:
    """Return how trees are grown on a cluster: each worker holds a share of the leads (LightGBM's data-parallel mode).

    Each column's bins and categories are found by one worker on its own share alone, so the shares are drawn at random;
    the trees differ from those of one machine by that draw.
    """
    quiet = logging.getLogger("lightgbm")
    quiet.setLevel(logging.ERROR)  # it tells of ports and of parameters that it sets itself

    def grow(
        parameters: dict[str, Any],
        matrix: np.ndarray,
        label: np.ndarray,
        categories: list[int],
        names: list[str],
        weight: np.ndarray | None,
    ) -> lgb.LGBMClassifier:
        workers = max(1, len(client.scheduler_info()["workers"]))
        rows = -(-len(matrix) // workers)
        drawn = np.random.default_rng(parameters.get("random_state", 0)).permutation(len(matrix))
        features, outcome = da.from_array(matrix[drawn], chunks=(rows, -1)), da.from_array(label[drawn], chunks=rows)
        lgb.register_logger(quiet)
        shares = [features, outcome]
        if weight is not None:
            shares.append(da.from_array(weight[drawn], chunks=rows))
        shares = client.persist(shares)  # else LightGBM may see shares of unlike length
        wait(shares)
        features, outcome, *weights = shares
        own = {name: value for name, value in parameters.items() if name != "n_jobs"}  # each worker uses its threads
        model = lgb.DaskLGBMClassifier(client=client, tree_learner="data", **own)
        try:
            model.fit(features, outcome, *weights, categorical_feature=categories, feature_name=names)
        except (OSError, RuntimeError, lgb.basic.LightGBMError) as error:
            raise LeadScoreError(
                "The workers could not grow trees together. Try again, or leave out --engine dask."
            ) from error
        return model.to_local()

    return grow
