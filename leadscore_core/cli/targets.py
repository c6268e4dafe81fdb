"""The targets that a company gives its models on the command line, kept with its schema."""

from dataclasses import replace
from typing import Annotated

import typer

from leadscore_core.cli.options import say
from leadscore_core.config import TargetMetrics
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.schema.schema_files import is_shipped
from leadscore_core.errors import SchemaError

_KEPT = "that a model of these leads must exceed; kept with their schema. 0 asks for none."
TargetAuc = Annotated[float | None, typer.Option("--target-auc", min=0, max=1, help=f"AUC {_KEPT}")]
TargetPrecision = Annotated[float | None, typer.Option("--target-precision", min=0, max=1, help=f"Precision {_KEPT}")]
TargetRecall = Annotated[float | None, typer.Option("--target-recall", min=0, max=1, help=f"Recall {_KEPT}")]


def with_targets(leads: LeadList, auc: float | None, precision: float | None, recall: float | None) -> LeadList:
    """Return the list with the targets that a person gives its company; those that are not given stay as they are.

    Raises
    ------
    SchemaError
        If the leads are of the schema that ships with LeadScore, whose targets are those of the settings.
    """
    given = {"auc": auc, "precision": precision, "recall": recall}
    said = {name: target for name, target in given.items() if target is not None}
    if not said:
        return leads
    if is_shipped(leads.schema.name):
        raise SchemaError(
            f"The targets of {leads.schema.title} are [targets] of the settings. Change them in leadscore.toml, or "
            f"leave out --target-{' and --target-'.join(said)}."
        )
    before = leads.schema.targets or TargetMetrics(auc=0, precision=0, recall=0)
    targets = before.model_copy(update=said)
    return replace(leads, schema=leads.schema.model_copy(update={"targets": targets if targets.words else None}))


def say_how_targets_are_set(leads: LeadList) -> None:
    """Say once, where what a company's columns mean is said for the first time, how it gives targets of its own."""
    if leads.proposal is not None and leads.schema.targets is None:
        say("  --target-auc, --target-precision and --target-recall give these leads targets of their own.")
