"""A model as MLflow serves it: takes leads as read, and brings the code that it needs to an empty environment."""

import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from leadscore_core.config import load_settings
from leadscore_core.model.lead_headers import LeadHeaders
from leadscore_core.model.lead_model import LeadModel

PACKAGE = Path(__file__).resolve().parent.parent
LIBRARIES = (
    "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "lightgbm", "joblib", "threadpoolctl", "cachetools",
    "rapidfuzz", "pydantic", "pydantic-settings", "python-calamine", "chardet", "clevercsv", "lazy-loader", "tomli-w",
    "filelock",
)  # fmt: skip


def served_pipeline(model: LeadModel) -> Pipeline:
    """Return the model's pipeline with a first step that finds its columns by their headers."""
    return Pipeline([("headers", LeadHeaders(model.schema)), *model.pipeline.steps])


def signature_of(model: LeadModel) -> Any:
    """Return the signature: each input under its name and its header, of any type and not required; two numbers out."""
    from mlflow.models.signature import ModelSignature
    from mlflow.types.schema import AnyType, ColSpec, Schema

    known = model.metadata.training_data.headers
    names = [c.name for c in model.schema.inputs]
    headers = [known.get(column.name, column.human) for column in model.schema.inputs]
    inputs: list[Any] = [ColSpec(AnyType(), name, required=False) for name in dict.fromkeys([*headers, *names])]
    outputs: list[Any] = [ColSpec("double"), ColSpec("double")]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def requirements_of(model: LeadModel) -> list[str]:
    """Return what pip installs where the model is served, pinned to what is installed here."""
    needed = {*LIBRARIES, *_distributions(model)}
    pinned = []
    for name in sorted(needed):
        try:
            pinned.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            continue
    return pinned


def code_of() -> list[str]:
    """Return the folders and files that travel with a model: this package, and what the settings name as extensions."""
    paths = [PACKAGE]
    for name in load_settings().extensions:
        found = find_spec(name.partition(".")[0])
        if found is not None and found.origin is not None:
            place = Path(found.origin)
            paths.append(place.parent if place.name == "__init__.py" else place)
    return [str(path) for path in dict.fromkeys(paths)]


def _distributions(model: LeadModel) -> set[str]:
    """Return the distributions that the classes of the classifier come from."""
    modules, known = {type(model.classifier).__module__}, packages_distributions()
    estimator = getattr(model.classifier, "estimator_", None)
    for step in [own for _, own in getattr(estimator, "steps", [])] or [estimator]:
        modules |= {type(step).__module__, type(getattr(step, "model_", step)).__module__}
    tops = {module.partition(".")[0] for module in modules} - set(sys.stdlib_module_names) - {PACKAGE.name}
    return {found for top in tops for found in known.get(top, ())}
