"""Standing: what is decided about a batch's leads, and the leads as they stand then, as SQL."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from leadscore_core.config import CONTACT_RULES, GradeRule, JunkRules
from leadscore_core.storage.leads import contact_bits
from leadscore_core.storage.leads.contact_rows import HELD_OUT, ContactRows
from leadscore_core.storage.leads.dimensions import quoted
from leadscore_core.storage.leads.pool import sql_text
from leadscore_core.storage.leads.trial_rows import TrialRows, arms_sql, held_out_sql, order_sql

RULE = "ls_rule_"
CONTACT_COLUMNS = ("ls_state", "ls_attempts", "ls_not_before", "ls_last_at")
DETAIL_COLUMNS = ("ls_person", "ls_attempts", "ls_not_before", "ls_last_result", "ls_last_at")
_DETAILS = (
    "c_person AS ls_person, coalesce(c_attempts, 0) AS ls_attempts, c_not_before AS ls_not_before, "
    "coalesce(c_last_result, '') AS ls_last_result, c_last_at AS ls_last_at"
)


@dataclass(frozen=True)
class Standing:
    """What is decided about a batch's leads: the rules, and single leads by their position."""

    grades: GradeRule = field(default_factory=GradeRule)
    junk: JunkRules = field(default_factory=JunkRules)
    restored: np.ndarray = field(default_factory=lambda: np.empty(0, dtype="int64"))
    overrides: dict[int, str] = field(default_factory=dict)
    contacts: ContactRows = field(default_factory=ContactRows)
    trial: TrialRows = field(default_factory=TrialRows)


@dataclass(frozen=True)
class FileSql:
    """The file of a batch for SQL: its text, columns and leads, and before which rank each grade begins."""

    sql: str
    columns: Collection[str]
    rows: int
    first_places: Callable[[], Mapping[str, int]]


def view_sql(standing: Standing, file: FileSql, *, detailed: bool = False, in_turn: bool = False) -> str:
    """Return the leads as they stand: the file with grades, reasons for quarantine, contacts and the learning sample.

    It reads the registered tables ``restored``, `contact_bits.BITS`, ``contacts`` and `trial_rows.TRIAL` where the
    standing has any.

    Parameters
    ----------
    detailed
        Whether to join `DETAIL_COLUMNS`, which takes a while.
    in_turn
        Whether they are sorted by the order of the calls, for which the arms of a trial are joined.
    """
    grade = grade_sql(standing, file.rows)
    joins, override, restored = "", "NULL", "false"
    if standing.overrides:
        given = ", ".join(f"({int(row)}, '{sql_text(g)}')" for row, g in standing.overrides.items())
        joins += f" LEFT JOIN (VALUES {given}) AS o(o_row, o_grade) ON o_row = ls_row"
        override = "o_grade"
    if len(standing.restored):
        joins += " LEFT JOIN restored ON r_row = ls_row"
        restored = "r_row IS NOT NULL"
    contact = "'new' AS ls_state, true AS ls_open, false AS ls_called"
    if len(standing.contacts):
        joins += contact_bits.join_sql()
        closed, called = (contact_bits.bit_sql(name) for name in ("closed", "called"))
        contact = f"{contact_bits.state_sql()} AS ls_state, NOT {closed} AS ls_open, {called} AS ls_called"
    if detailed:
        joins += " LEFT JOIN contacts ON c_row = ls_row"
        contact += f", {_DETAILS}"
    held_out = "false"
    if standing.trial.holds_out:
        join, is_held = held_out_sql()
        joins += join
        held_out = f"{is_held} AND {override} IS NULL" + (f" AND NOT {called}" if len(standing.contacts) else "")
    own_junk, learning = _junk_sql(standing, file, (override, restored, held_out))
    junk = own_junk
    if len(standing.contacts):  # who is not to be called is put aside whatever anybody decides
        junk = f"CASE {' '.join(contact_bits.suppressed_sql())} ELSE {own_junk} END"
    turn = turn_sql(standing, file, learning)
    if in_turn and standing.trial.is_ordered:
        waits = contact_bits.turn_sql() if len(standing.contacts) else "1"
        is_usual = f"({override} IS NULL OR {override} = {grade})"
        join, columns = arms_sql(f"({waits}) = 1 AND {is_usual} AND NOT {learning}", waits)
        joins, contact = joins + join, contact + columns
    return (
        f"SELECT t.*, {grade} AS ls_model_grade, coalesce({override}, {grade}) AS ls_grade, "  # noqa: S608  # names are quoted or ours, values are bound
        f"{override} IS NOT NULL AS ls_overridden, {restored} AS ls_restored, {learning} AS ls_learning, "
        f"{own_junk} AS ls_own_junk, {junk} AS ls_junk, {contact}, {turn} AS ls_turn FROM {file.sql} t{joins}"
    )


def _junk_sql(standing: Standing, file: FileSql, decided: tuple[str, str, str]) -> tuple[str, str]:
    """Return why the rules or a person put a lead aside, and whether it is of the learning sample, as SQL text.

    Parameters
    ----------
    decided
        The grade given by hand, and the conditions that a lead was restored, and that a trial holds it out.
    """
    override, restored, held_out = decided
    grade = grade_sql(standing, file.rows)
    draw = standing.junk.learning_percent / 100
    cases = [f"WHEN {override} = 'Junk' THEN 'override'", f"WHEN {restored} THEN ''"]
    rules = [rule for rule in CONTACT_RULES if rule in standing.junk.contact and RULE + rule in file.columns]
    cases += [f"WHEN {quoted(RULE + rule)} THEN '{rule}'" for rule in rules]
    learning = "false"
    if draw and standing.junk.by_propensity:
        others = " OR ".join([restored, f"{override} IS NOT NULL", *(quoted(RULE + rule) for rule in rules)])
        learning = f"({grade} = 'Junk' AND ls_draw < {draw!r} AND NOT ({others}))"
    if standing.junk.by_propensity:
        cases.append(f"WHEN {override} IS NULL AND {grade} = 'Junk' AND NOT {learning} THEN 'low_propensity'")
    if held_out != "false":
        cases.append(f"WHEN {held_out} THEN '{HELD_OUT}'")
    return f"CASE {' '.join(cases)} ELSE '' END", learning


def turn_sql(standing: Standing, file: FileSql, learning: str = "false") -> str:
    """Return a lead's place in the order of the calls as SQL text: its rank, but for what people decided or did.

    A grade set by hand moves a lead to the head of the leads that the model gives this grade; call-backs that are due
    go before all, those to be tried again after all, and those whose time has not come behind them.
    """
    draw = standing.junk.learning_percent / 100
    turn = f"CASE WHEN {learning} THEN ls_draw / {draw!r} * {file.rows} ELSE ls_rank END" if draw else "ls_rank"
    if standing.overrides:
        arms = " ".join(f"WHEN '{grade}' THEN {place + 0.5!r}" for grade, place in file.first_places().items())
        is_usual = f"o_grade IS NULL OR o_grade = {grade_sql(standing, file.rows)}"
        turn = f"CASE WHEN {is_usual} THEN {turn} ELSE CASE o_grade {arms} END END"
    if len(standing.contacts):
        turn = f"{turn} + ({contact_bits.turn_sql()} - 1) * {2 * file.rows}"
    return turn


def call_order_sql(standing: Standing, down: str = "") -> str:
    """Return by what leads are sorted to be called, as SQL text: their turn, or that of their arm in a trial.

    Parameters
    ----------
    down
        `` DESC`` for the last first, else empty.
    """
    if standing.trial.is_ordered:
        return order_sql(standing.trial, standing.contacts, down)
    return f"ls_turn{down}, ls_rank"


def grade_sql(standing: Standing, rows: int) -> str:
    """Return the model's grade of a lead as SQL text.

    Parameters
    ----------
    rows
        Leads of the batch.
    """
    rule = standing.grades
    if rule.by == "propensity":
        hot, warm, cold = rule.thresholds.hot, rule.thresholds.warm, rule.thresholds.cold
        return _cases("ls_propensity >= {!r}", hot, warm, cold)
    return _cases("ls_rank <= {!r}", *(int(np.ceil(share * rows)) for share in cumulated(rule)))


def cumulated(rule: GradeRule) -> tuple[float, float, float]:
    """Return the shares (0-1) down to which leads are Hot, Warm and Cold.

    Examples
    --------
    >>> cumulated(GradeRule(by="share"))
    (0.2, 0.5, 0.8)
    """
    shares = rule.shares
    return (
        round(shares.hot, 9),
        round(shares.hot + shares.warm, 9),
        round(shares.hot + shares.warm + shares.cold, 9),
    )


def _cases(condition: str, hot: float, warm: float, cold: float) -> str:
    arms = " ".join(
        f"WHEN {condition.format(limit)} THEN '{grade}'"
        for grade, limit in (("Hot", hot), ("Warm", warm), ("Cold", cold))
    )
    return f"(CASE {arms} ELSE 'Junk' END)"
