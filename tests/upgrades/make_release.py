"""Makes the artefact of a released version by that version's own code: a data directory, a model and what they say.

    git worktree add --detach /tmp/release COMMIT
    PYTHONPATH=/tmp/release LEADSCORE_DATA_DIR=/tmp/made/data LEADSCORE_MODELS_DIR=/tmp/made/models \\
        python tests/upgrades/make_release.py /tmp/made tests/upgrades/release_0_1.zip

Names differ between versions, so each is looked for in the places where it stood.
"""

import json
import os
import shutil
import sys
import zipfile
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np


def first(*places: str) -> object:
    """Return the first of some names that this version has."""
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise SystemExit(f"none of {places}")


DATABASE = ("leadscore_core.storage.database", "leadscore_core.storage")
PLACES = {
    "make_sample": ("leadscore_core.data.synthetic:make_sample", "leadscore_core.data.sample:make_sample"),
    "train_model": ("leadscore_core.training.train:train_model",),
    "Registry": ("leadscore_core.registry.registry:ModelRegistry", "leadscore_core.model.registry:ModelRegistry"),
    "open_list": ("leadscore_core.data.dataset.open:open_list", "leadscore_core.lists:open_list"),
    "keep_list": ("leadscore_core.batches.save:keep_list", "leadscore_core.workbench.keep:keep_list"),
    "Decisions": tuple(f"{place}.decisions:DecisionStore" for place in DATABASE),
    "Outcomes": tuple(f"{place}.outcomes:OutcomeStore" for place in DATABASE),
    "junk_preference": tuple(f"{place}.preferences:junk_preference" for place in DATABASE),
    "close_databases": (f"{DATABASE[0]}.engine:close_databases", f"{DATABASE[1]}.database:close_databases"),
    "score_leads": ("leadscore_core.inference.score:score_leads", "leadscore_core:score_leads"),
    "load_settings": ("leadscore_core.config:load_settings",),
}


def main(folder: Path, out: Path) -> None:
    """Fill the directories as people of that version did, and pack them."""
    of = SimpleNamespace(**{name: first(*places) for name, places in PLACES.items()})
    settings = of.load_settings()
    sample = of.make_sample(rows=600, seed=7)
    model = of.train_model(
        sample.labelled, params={"n_estimators": 12, "min_child_samples": 20}, n_repeats=1, note="Tests."
    )
    registry = of.Registry(settings.models_dir)
    model = registry.publish(model) or model
    registry.promote(model.model_id, by="Anna", reason="for the tests of upgrades")
    path = folder / "leads.csv"
    sample.labelled.head(60).to_csv(path, index=False)
    batch = of.keep_list(of.open_list(path, model.schema), model, name="Monday", by="Anna")
    decisions = of.Decisions(settings)
    decisions.restore(batch, [5, 6], note="known to us", by="Anna")
    decisions.set_override(batch, 7, "Hot", days=365, note="asked for a call", author="Ben")
    decisions.give_feedback(
        batch, 8, "too_low", note="was keen", author="Ben", propensity=0.25, model_id=model.model_id
    )
    of.Outcomes(settings).add(batch, np.arange(20), np.arange(20) % 2, file_name="back.csv", by="Anna")
    junk = of.junk_preference(settings)
    junk.save(junk.current().value.model_copy(update={"learning_percent": 5.0}), based_on=0, author="Anna")
    scored = of.score_leads(sample.new.head(40), model)
    scored.to_csv(folder / "scored.csv", index=False)
    of.close_databases()
    about = {"model_id": model.model_id, "batch": batch.id, "rows": batch.rows, "expected": batch.scoring.expected}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    shutil.rmtree(settings.models_dir / ".staging", ignore_errors=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for found in sorted(folder.rglob("*")):
            if found.is_file() and not found.name.endswith((".lock", "-shm")):
                packed.write(found, found.relative_to(folder))


if __name__ == "__main__":
    os.environ["LEADSCORE_TRACKING_URI"] = "off"
    main(Path(sys.argv[1]), Path(sys.argv[2]))
