"""Trees that workers grow of the real leads; skipped where these are not on this machine."""

import os
from pathlib import Path

import pytest

from leadscore_core.data.reading.reader import read_leads
from leadscore_core.distributed.cluster import connect
from leadscore_core.distributed.train import trees_on
from leadscore_core.training.train import train_model

pytestmark = pytest.mark.skipif("LEADSCORE_SOAK" not in os.environ, reason="a long round: make soak")


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_workers_grow_trees_that_are_as_good(real_leads: Path) -> None:
    labelled = read_leads(real_leads / "labelled_leads.csv")
    alone = train_model(labelled, n_repeats=1)
    with connect(workers=2) as client:
        together = train_model(labelled, n_repeats=1, grow=trees_on(client))
    here, there = (trained.metadata.metrics["cross_validation"] for trained in (alone, together))
    assert there["auc"] == pytest.approx(here["auc"], abs=here["auc_std"])
    assert together.metadata.meets_targets
