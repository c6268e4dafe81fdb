"""The command line's way to Dask: clusters, and lists of many files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from leadscore_core.cli.options import say, say_findings, say_left_out, show_progress
from leadscore_core.config import Settings
from leadscore_core.errors import LeadScoreError

if TYPE_CHECKING:  # Dask loads where it is asked for
    from distributed import Client

    from leadscore_core.distributed.request import FilesRequest
    from leadscore_core.model.classifier import GrowTrees
    from leadscore_core.model.lead_model import LeadModel


@contextmanager
def cluster(scheduler: str | None) -> Iterator[Client]:
    """Connect to Dask and say where its dashboard is."""
    from leadscore_core.distributed.cluster import connect

    with connect(scheduler) as client:
        typer.echo(f"Dask's dashboard: {client.dashboard_link}", err=True)
        yield client


@contextmanager
def trees_by(engine: str, scheduler: str | None) -> Iterator[GrowTrees | None]:
    """Give the way in which an engine grows trees; None for this process.

    Raises
    ------
    LeadScoreError
        If a scheduler is named for another engine than Dask, or Dask is not to be had.
    """
    check_engine(engine, scheduler)
    if engine == "local":
        yield None
        return
    from leadscore_core.distributed.train import trees_on

    with cluster(scheduler) as client:
        yield trees_on(client)


def check_engine(engine: str, scheduler: str | None) -> None:
    """Raise if a scheduler is named where none is used.

    Raises
    ------
    LeadScoreError
        With what to give.
    """
    if scheduler is not None and engine != "dask":
        raise LeadScoreError("--scheduler is for Dask alone. Add --engine dask, or leave it out.")


def score_by_dask(
    request: FilesRequest,
    model: LeadModel,
    *,
    scheduler: str | None,
    settings: Settings,
) -> None:
    """Score a list of many files and say what came of it; exit 1 if files were left out.

    Raises
    ------
    LeadScoreError
        If nothing could be scored.
    """
    from leadscore_core.distributed.score import score_files

    with cluster(scheduler) as client, show_progress("Scoring", total=1.0) as progress:
        report = score_files(request, model, client, settings=settings, progress=progress)
    if len(report.left_out) == report.files:
        why = next(iter(report.left_out.values()))
        raise LeadScoreError(f"None of {report.files:,} files could be scored. The first: {why}")
    counts = ", ".join(f"{number:,} {grade}" for grade, number in report.total.grades.items())
    files = f"{report.files - len(report.left_out):,} of {report.files:,} files"
    say(
        f"Scored {report.total.rows:,} leads of {files} into {request.out}: {counts}; about "
        f"{report.total.expected:,.0f} {model.schema.outcome.plural} expected"
    )
    say_findings(report.total.findings)
    say_left_out(report.left_out)
