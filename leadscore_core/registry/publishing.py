"""Publishing from Python: a trained model is kept, written down in MLflow, and put to use where that is asked."""

import warnings
from pathlib import Path
from typing import Any

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import load_settings
from leadscore_core.data.schema.schema_files import is_shipped, load_schema, save_schema
from leadscore_core.errors import SchemaError
from leadscore_core.model.lead_model import LeadModel, as_model
from leadscore_core.registry.mlflow_tracking import sync_tracking
from leadscore_core.registry.model_audit import check_can_note, noting_model
from leadscore_core.registry.promotion import promote_model
from leadscore_core.registry.registry import ModelRegistry


@needs(Action.TRAIN)
def publish_model(
    model: LeadModel,
    *,
    promote: bool = False,
    by: str = "",
    reason: str = "",
    report: dict[str, Any] | None = None,
    models_dir: Path | str | None = None,
) -> LeadModel:
    """Keep a trained model in the registry, where the dashboard and every command find it.

    What its columns mean is kept with it, and MLflow is brought up to the registry, where tracking is on.

    Parameters
    ----------
    model
        From `train_model`.
    promote
        Whether to put it to use, by the rule of every door (see `promote_model`).
    by, reason
        Who puts it to use and why; a model that misses a gate needs a reason of ten characters.
    report
        What its training found besides (see `TrainingResult`).
    models_dir
        The models directory; that of the settings if not given.

    Returns
    -------
    LeadModel
        As it is kept, with the hash of its pickle.

    Raises
    ------
    RegistryError
        If it is kept already under its name, or the directory cannot be written.
    ReasonNeededError
        If it is to be put to use and needs a reason; it is kept all the same.
    GivenLeadsError
        If this is no model.
    """
    settings = load_settings()
    if models_dir is not None:
        settings = settings.model_copy(update={"models_dir": Path(models_dir).resolve()})
    model = as_model(model)
    registry = ModelRegistry(settings.models_dir)
    check_can_note(settings)
    with noting_model(Action.TRAIN, model.model_id, registry.place_of(model.model_id), registry.root, settings):
        published = registry.publish(model, report)
    if not is_shipped(published.schema.name) and not _is_kept(published.schema.name):
        save_schema(published.schema, settings.data_dir)
    if promote:
        promote_model(published.model_id, by=by, reason=reason, settings=settings)
    problem = sync_tracking(settings).problem
    if problem:
        warnings.warn(problem, stacklevel=2)
    return published


def _is_kept(schema: str) -> bool:
    try:
        load_schema(schema)
    except SchemaError:
        return False
    return True
