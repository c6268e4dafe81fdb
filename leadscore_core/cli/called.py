"""Options of training that say who was called and how long a lead takes to convert, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from leadscore_core.cli.options import say
from leadscore_core.errors import LabelError

if TYPE_CHECKING:
    from leadscore_core.data.dataset.dataset import LeadList
    from leadscore_core.model.metadata import ModelMetadata
    from leadscore_core.outcome import OutcomeWords
    from leadscore_core.training.training_data import TrainingData

Called = Annotated[
    str | None,
    typer.Option("--called", help="Header of the column that says who was called, none if no column does; found."),
]
TimeToConvert = Annotated[
    int | None,
    typer.Option(
        "--time-to-convert",
        min=0,
        max=3_650,
        help="Days that a lead takes to convert; younger ones are left out. Learned where a column says when; else 0.",
    ),
]


def read_leads_to_train(leads: LeadList, called: str | None, days: int | None) -> TrainingData:
    """Read labelled leads with the outcomes that follow from who was called, and when; say by what that is known.

    Raises
    ------
    LabelError
        If it is not clear which column says who was called, with the options that settle it.
    LeadScoreError
        If the list cannot be read.
    """
    from leadscore_core.retraining.conversion_dates import learned_time, with_conversion_dates
    from leadscore_core.training.call_columns import ask_called
    from leadscore_core.training.training_data import read_training_data

    data = read_training_data(leads, called=called)
    question = "" if called else ask_called(data.call_columns, data.schema.outcome)
    if question:
        raise LabelError(question)
    for row in data.call_columns:
        if row.is_used:
            say(f"Who was called is said by {row.statement(data.schema.outcome)}")
    data = with_conversion_dates(leads, data)
    learned = learned_time(data) if days is None else None
    if learned is not None:
        say(f"{learned.sentence(data.schema.outcome)} Younger leads are left out; --time-to-convert DAYS corrects it.")
        days = learned.days
    return data.settled(days) if days else data


def say_calls(metadata: ModelMetadata, words: OutcomeWords) -> None:
    """Say which leads were left out of a training since nobody called them or they are too young."""
    for text in metadata.calls.sentences(words) if metadata.calls is not None else ():
        say(text)
