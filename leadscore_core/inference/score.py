"""Scoring: a list in, the same list with score, grade, junk verdict and reasons out."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore_core.config import GradeThresholds, JunkRules, load_settings
from leadscore_core.data.cleaning.cleaner import plain_text
from leadscore_core.data.findings import Finding
from leadscore_core.data.reading.chunks import LINE_PROBLEM, Chunk, chunk_frame
from leadscore_core.data.reading.given_leads import LeadsOrPath, as_frame
from leadscore_core.data.schema.column_mapping import CONVENTION_ROWS, ColumnMapping, check_required
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.own_rules import own_grades
from leadscore_core.data.schema.phone_region import settle_region
from leadscore_core.data.validation import CleanedChunk, blank_rows, chunk_findings, note_row_problems
from leadscore_core.errors import MappingError
from leadscore_core.inference.cleaned_file import Cleaned
from leadscore_core.inference.contact_quality import (
    SINGLE_LEAD_RULES,
    UNCALLABLE,
    BarredPeople,
    barred_leads,
    contact_flags,
    find_uncallable,
    read_contacts,
)
from leadscore_core.inference.grades import JUNK_WORDS, few_words, grade_leads, junk_reasons
from leadscore_core.inference.reasons import reasons_in_words
from leadscore_core.model.lead_model import LeadModel, as_model

OWN_SUFFIX = "_leadscore"
PROPENSITY_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class ScoredChunk:
    """Our columns alone, under their plain names; what is wrong in this chunk; and what the model saw of it."""

    own: pd.DataFrame
    findings: list[Finding]
    seen: pd.DataFrame

    @cached_property
    def cleaned(self) -> pd.DataFrame:
        """The cleaned leads, text as text."""
        return plain_text(self.seen)


@dataclass(frozen=True)
class ScoringRules:
    """What makes a grade of a propensity, and junk of a lead; ``region`` is that of phone numbers without a country.

    ``barred`` has the e-mails and phones of people who are not to be called (see `barred_leads`).
    """

    grades: GradeThresholds
    junk: JunkRules = field(default_factory=lambda: JunkRules(contact=()))
    region: str = "IN"
    barred: BarredPeople = BarredPeople()


def score_leads(
    frame: LeadsOrPath,
    model: LeadModel,
    *,
    mapping: ColumnMapping | None = None,
    reasons: int = 3,
    grades: GradeThresholds | None = None,
    junk: JunkRules | None = None,
) -> pd.DataFrame:
    """Score every lead of a list; a lead's score depends on the lead and the model alone.

    Parameters
    ----------
    frame
        Leads as read, under their own headers; or the path of a list, which is read.
    model
        For instance from `load_champion`.
    mapping
        Header of each column; suggested if not given.
    reasons
        Reasons a lead, 0 for none.
    grades, junk
        Thresholds, and which contact rules make a lead junk; those of the schema and the settings if not
        given. Rules that look at more than one lead (duplicates) are for lists that are kept.

    Returns
    -------
    pandas.DataFrame
        Every row in the same order, all columns of `frame` untouched and first, then ``lead_score`` (0-100),
        ``propensity`` (0-1, six decimals), ``grade``, ``is_junk``, ``junk_reason``, ``reason_1``.., ``model_id``,
        ``row_problem``. A name that `frame` has already gets the suffix ``_leadscore``.

    Raises
    ------
    MappingError
        If a required column is missing or two columns have the same name.
    GivenLeadsError
        If these are no leads, or this is no model.
    """
    model, frame = as_model(model), as_frame(frame)
    twice = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    if twice:
        raise MappingError(f"Two columns have the same name: {', '.join(twice)}. Give every column a name of its own.")
    settings = load_settings()
    if mapping is None:
        mapping = map_frame(frame, model.schema)
        mapping = settle_region(mapping, model.schema, frame.head(CONVENTION_ROWS), settings.phone_region)
    check_required(mapping, model.schema)
    scored = score_chunk(
        frame,
        model,
        mapping,
        ScoringRules(grades or own_grades(model.schema, settings), junk or settings.junk, settings.phone_region),
        reasons=reasons,
    )
    return pd.DataFrame(beside(frame, scored.own))


def score_chunk(
    chunk: Chunk,
    model: LeadModel,
    mapping: ColumnMapping,
    rules: ScoringRules,
    *,
    reasons: int,
    cleaned: Cleaned | None = None,
) -> ScoredChunk:
    """Score one chunk of a list with a settled mapping; its leads are cleaned here, unless they were before."""
    mapping = mapping.limited_to(model.schema)
    frame = _looked_at(chunk, mapping, model)
    raw = mapping.apply(frame, model.schema)
    seen, problems = cleaned or model.clean(raw, categories=True)
    propensity = np.round(model.propensity(seen), PROPENSITY_DECIMALS) if len(frame) else np.empty(0)
    grades, junk = rules.grades, rules.junk
    low = propensity < grades.cold if junk.by_propensity else np.zeros(len(frame), dtype=bool)
    reason = junk_reasons(propensity, grades).where(low, "")
    wanted = tuple(rule for rule in SINGLE_LEAD_RULES if rule in junk.contact)
    if UNCALLABLE.issuperset(wanted):  # the usual choice needs few addresses to be taken apart
        flags = find_uncallable(frame, model.schema, mapping, rules.region, wanted) if wanted else {}
    else:
        flags = contact_flags(read_contacts(frame, model.schema, mapping, rules.region), wanted)
    for rule in reversed(list(flags)):
        reason = reason.mask(flags[rule], JUNK_WORDS[rule])
    if rules.barred.reasons:
        contacts = read_contacts(frame, model.schema, mapping, rules.region)
        for code, found in barred_leads(contacts, rules.barred).items():
            reason = reason.mask(found, JUNK_WORDS[code])
    own: dict[str, object] = {
        "lead_score": np.rint(propensity * 100).astype("int64"),
        "propensity": propensity,
        "grade": grade_leads(propensity, grades),
        "is_junk": (reason != "").to_numpy(),
        "junk_reason": reason.array,
    }
    if reasons:
        result = plain_text(seen)
        words = reasons_in_words(result, model.contributions(result), model, reasons)
        own |= {str(name): text.array for name, text in words.items()}
    own["model_id"] = few_words(np.zeros(len(frame), dtype="int64"), [model.model_id])
    blank = blank_rows(raw, model.schema)
    own["row_problem"] = note_row_problems(frame, raw, model.schema, mapping, problems, blank).array
    cleaned_chunk = CleanedChunk(frame, raw, seen, problems, model.schema, mapping)
    findings = chunk_findings(cleaned_chunk, model.known_levels, blank)
    return ScoredChunk(pd.DataFrame(own, index=frame.index), findings, seen)


def _looked_at(chunk: Chunk, mapping: ColumnMapping, model: LeadModel) -> pd.DataFrame:
    """Return the columns that scoring looks at; the others stay as they were read."""
    names = chunk.column_names if isinstance(chunk, pa.Table) else list(chunk.columns)
    there = set(names)
    used = {header: model.schema.by_name[column] for column, header in mapping.used.items() if header in there}
    more = [header for match in mapping.matches for header in match.more if header in there and header not in used]
    noted = [*more, LINE_PROBLEM] if LINE_PROBLEM in there else more
    repeats = {"text", "flag", "number"}
    repeating = [header for header, column in used.items() if column.is_input and column.type in repeats]
    return chunk_frame(chunk, [*used, *noted], repeating=repeating)


def beside(chunk: Chunk, own: pd.DataFrame) -> Chunk:
    """Return a list with our columns after its own; a name that is taken gets the suffix ``_leadscore``.

    What the reader noted of a line stands in ``row_problem`` and is no column of the list.
    """
    if isinstance(chunk, pd.DataFrame):
        frame = chunk.drop(columns=LINE_PROBLEM, errors="ignore")
        return pd.concat(
            [frame, own.set_axis([own_name(str(name), frame.columns) for name in own.columns], axis=1)], axis=1
        )
    table = chunk.drop_columns([LINE_PROBLEM]) if LINE_PROBLEM in chunk.column_names else chunk
    taken = table.column_names
    ours = pa.Table.from_pandas(own, preserve_index=False)
    for name in ours.column_names:
        table = table.append_column(own_name(name, taken), ours.column(name))
    return table


def join_scored(scored: tuple[Chunk, ScoredChunk]) -> Chunk:
    """Return a chunk of a list with what came of it beside its own columns."""
    return beside(scored[0], scored[1].own)


def own_name(name: str, taken: pd.Index | list[str]) -> str:
    """Return the name of one of our columns beside columns that may have it already.

    Examples
    --------
    >>> own_name("grade", ["grade"]), own_name("grade", ["source"])
    ('grade_leadscore', 'grade')
    """
    name = name + OWN_SUFFIX if name in taken else name
    number = 2
    while name in taken:
        name = f"{name.rsplit(OWN_SUFFIX, 1)[0]}{OWN_SUFFIX}_{number}"
        number += 1
    return name
