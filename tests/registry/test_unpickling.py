"""A model of version 0.1, whose classes stood in other modules, loads and scores as it did."""

import io
import pickle
import zlib
from pathlib import Path

import pandas as pd

from leadscore_core.inference.score import score_leads
from leadscore_core.model.exact_contributions import ExactContributions
from leadscore_core.registry.registry import PICKLE, ModelRegistry
from leadscore_core.registry.unpickling import MOVED, RENAMED, _Unpickler

BEFORE = Path(__file__).parent / "version_0_1"


def test_a_model_of_the_version_before_scores_as_it_did() -> None:
    (metadata,) = ModelRegistry(BEFORE).list_models()
    pickled = zlib.decompress((BEFORE / metadata.model_id / PICKLE).read_bytes())
    assert all(module.encode() in pickled for module in MOVED)
    assert not any(module.encode() in pickled for module in MOVED.values())
    wanted = pd.read_csv(BEFORE / "scored.csv", dtype=str, keep_default_na=False)
    leads = wanted.drop(columns=["propensity", "reason_1"])
    scored = score_leads(leads, ModelRegistry(BEFORE).load(metadata.model_id), reasons=1)
    assert scored["propensity"].tolist() == wanted["propensity"].astype(float).tolist()
    assert scored["reason_1"].tolist() == wanted["reason_1"].tolist()


def test_a_class_that_was_called_otherwise_is_found() -> None:
    ((module, name), (now_in, now)) = next(iter(RENAMED.items()))
    pickled = pickle.dumps(ExactContributions("linear", None, None), protocol=2)
    before = pickled.replace(f"c{now_in}\n{now}\n".encode(), f"c{module}\n{name}\n".encode())
    assert before != pickled
    read = _Unpickler(io.BytesIO(before)).load()
    assert (type(read), read.kind) == (ExactContributions, "linear")
