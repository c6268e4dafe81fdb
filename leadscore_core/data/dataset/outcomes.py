"""Outcomes of a list: what the values of its outcome's column mean, settled from all of its rows."""

from contextlib import closing
from dataclasses import replace
from typing import Literal

from leadscore_core.data.cleaning.outcome_column import count_column
from leadscore_core.data.cleaning.outcome_reader import OutcomeReader
from leadscore_core.data.cleaning.outcome_split import reworded_values, split_outcomes
from leadscore_core.data.cleaning.outcome_values import FEW_UNKNOWN, OutcomeSplit
from leadscore_core.data.cleaning.outcome_words import Meaning
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.errors import LabelError, MappingError

Ask = Literal["all", "unreadable", "nothing"]
_FEW_HEADERS = 3


def settle_outcomes(leads: LeadList, options: ListOptions | None = None, *, ask: Ask = "unreadable") -> LeadList:
    """Return the list with what its outcome's values mean, which is asked for where it is not clear.

    Parameters
    ----------
    options
        What a person says of the list: values that mean yes, and values without an outcome yet.
    ask
        What a person has to settle: ``all`` where some values are not clear, as for training; ``unreadable`` where
        none is known, or they are codes, as for outcomes that come back; ``nothing`` where what is found is shown
        anyway.
        What is not known and not asked has no outcome.

    Raises
    ------
    LabelError
        With the values and the options that settle them; or if a value that was named is not there.
    """
    options = options or ListOptions()
    label = leads.schema.label
    header = leads.mapping.used.get(label.name) if label is not None else None
    if label is None or header is None:
        if options.positive or options.open:
            raise LabelError("The list has no column with the outcome whose values could be named. Add --label COLUMN.")
        return leads
    split = leads.outcome
    if split is None:
        with closing(leads.raw_chunks()) as chunks:
            counts = count_column(chunks, header)
        split = split_outcomes(counts, label, positive=options.positive, still_open=options.open)
        question = split.question(header, leads.schema.outcome)
        if question is not None and split.of(Meaning.UNKNOWN) and _is_asked(split, ask):
            raise LabelError(question)
    reader = OutcomeReader(label, leads.schema.marks_of(label))
    reworded = reworded_values(split, reader)
    return replace(leads, outcome=split, mapping=leads.mapping.model_copy(update={"outcomes": reworded}))


def check_holds_leads(leads: LeadList) -> None:
    """Raise if a list says what became of leads, and nothing of what they are.

    Raises
    ------
    MappingError
        With what to do with it.
    """
    label, used, headers = leads.schema.label, leads.mapping.used, leads.mapping.headers
    if any(column.name in used for column in leads.schema.inputs):
        return
    if (label is not None and label.name in used) or len(headers) <= _FEW_HEADERS:
        said = [found.reason for found in leads.file_findings() if found.code == "hidden_sheet"]
        hidden = f" Mind that {said[0]}." if said else ""
        raise MappingError(
            f"There is nothing to check: of {', '.join(map(repr, headers[:6]))} no column says what a lead is. If the "
            "file says what became of leads that were scored, bring it with: leadscore outcomes FILE. If these are "
            "leads, name what their columns mean with --schema, or the outcome with --label." + hidden
        )


def _is_asked(split: OutcomeSplit, ask: Ask) -> bool:
    """Tell whether a person is asked: by no means, or where no value is known or many are codes, or in any case."""
    if ask != "unreadable":
        return ask == "all"
    unknown = split.of(Meaning.UNKNOWN)
    n_codes = sum(value.count for value in unknown if not any(c.isalpha() for c in value.key))
    return not split.known or n_codes > FEW_UNKNOWN * sum(value.count for value in split.values)
