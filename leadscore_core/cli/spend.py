"""The command line on money: a file of spend, how it is read, and what leads and outcomes cost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from leadscore_core.cli.options import Encoding, JsonOut, Sheet, prepare_json, say, write_json
from leadscore_core.errors import SpendError

if TYPE_CHECKING:
    from leadscore_core.analytics.sources import Counted, SourceView
    from leadscore_core.analytics.spend import Money, Move
    from leadscore_core.data.spend import Spend, SpendReading
    from leadscore_core.outcome import OutcomeWords

SpendFile = Annotated[Path | None, typer.Option("--spend", help="What was spent, by source, medium or campaign.")]
SpendColumn = Annotated[
    list[str] | None,
    typer.Option(
        "--spend-column",
        help="Which header of the file of spend gives name, amount, start, end, period or currency, as name=HEADER; "
        "month=HEADER for each column of one month. May be repeated.",
    ),
]
SpendCurrency = Annotated[
    str | None, typer.Option("--spend-currency", help="Which of several currencies is counted; they are never added.")
]
SpendYear = Annotated[int | None, typer.Option("--spend-year", help="Year of months of spend that name none.")]
SpendDates = Annotated[
    Literal["dmy", "mdy", "ymd", "ydm"] | None,
    typer.Option("--spend-dates", help="In which order days of spend have day, month and year; found if not given."),
]
SpendDecimal = Annotated[
    Literal["comma", "point"] | None,
    typer.Option("--spend-decimal", help="Which mark separates the decimals of amounts; found if not given."),
]
MoveBudget = Annotated[
    str | None,
    typer.Option("--move", help="What if a budget moved: FROM:TO:PERCENT, for instance 'Fair:News:20'."),
]
_MOST_LISTED = 15
_FIELDS = ("name", "amount", "start", "end", "period", "currency")


@dataclass(frozen=True)
class SpendOptions:
    """What the options say of a file of spend."""

    file: Path | None = None
    column: list[str] | None = None
    currency: str | None = None
    year: int | None = None
    dates: Literal["dmy", "mdy", "ymd", "ydm"] | None = None
    decimal: Literal["comma", "point"] | None = None
    move: str | None = None


def spend(
    file: Annotated[Path, typer.Argument(help="What was spent, by source, medium or campaign.")],
    column: SpendColumn = None,
    currency: SpendCurrency = None,
    year: SpendYear = None,
    dates: SpendDates = None,
    decimal: SpendDecimal = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    json_out: JsonOut = None,
) -> None:
    """Tell how a file of spend is read: its columns, its currencies, what is counted and what is not."""
    from leadscore_core.data.spend_columns import describe_columns

    prepare_json(json_out, [file])
    found = read_spend_file(SpendOptions(file, column, currency, year, dates, decimal), frozenset(), sheet, encoding)
    unit = f" {found.currency}" if found.currency else ""
    say(f"Columns: {describe_columns(found.columns)}")
    say(f"{len(found.rows):,} amounts, {found.rows['amount'].sum():,.2f}{unit}")
    for code, amount in found.others.items():
        say(f"Not counted: {amount:,.2f} {code}; look at it by itself with --spend-currency {code}")
    for finding in found.findings:
        say(f"Mind: {finding.reason}{f' ({finding.count:,})' if finding.count else ''}")
    for name, amount in found.rows.groupby("name")["amount"].sum().sort_values(ascending=False).items():
        say(f"  {name}: {amount:,.2f}{unit}")
    rows = found.rows.assign(**{side: found.rows[side].dt.strftime("%Y-%m-%d") for side in ("start", "end")})
    records = {
        "rows": rows.astype("object").where(rows.notna(), None).to_dict("records"),
        "set_aside": found.set_aside.astype("object").where(found.set_aside.notna(), None).to_dict("records"),
    }
    write_json(json_out, records | {"currency": found.currency, "other_currencies": dict(found.others)})


def read_spend_file(
    options: SpendOptions, known: frozenset[str], sheet: str | None = None, encoding: str | None = None
) -> Spend:
    """Read the file of spend that the options name."""
    from leadscore_core.data.reading.reader import read_leads
    from leadscore_core.data.spend import read_spend

    assert options.file is not None  # noqa: S101  # for the type checker
    return read_spend(read_leads(options.file, sheet=sheet, encoding=encoding), _reading(options, known))


def count_spend(view: SourceView, by: str, counted: Counted, options: SpendOptions) -> dict[str, Any]:
    """Say what leads and outcomes cost, and return it as JSON tells it."""
    from leadscore_core.analytics.sources import Scope
    from leadscore_core.analytics.spend import as_json, count_money, source_names
    from leadscore_core.analytics.wording_money import describe_missing, describe_money, describe_move, describe_period

    scope = Scope(by, counted=counted)
    found = read_spend_file(options, source_names(view))
    money = count_money(view, scope, found, _move(options.move) if scope.is_known else None)
    say("\nMoney")
    for text in describe_missing(view, money):
        say(f"  {text}")
    say(f"  {describe_money(money, view.words, counted)}")
    for line in _cost_lines(money, view.words, counted):
        say(f"  {line}")
    period = describe_period(view, scope, money)
    if period:
        say(f"  {period}")
    if money.move is not None:
        say(f"  {describe_move(money, view.words)}")
    return as_json(money)


def _cost_lines(result: Money, words: OutcomeWords, counted: Counted) -> list[str]:
    """Lay out what groups spent and brought, a line each, those that spent most first."""
    from leadscore_core.analytics.sources import is_known
    from leadscore_core.analytics.wording import counted_title, money

    known, table = is_known(counted), result.costs.table.head(_MOST_LISTED)
    if table.empty:
        return []
    singular = words.singular if known else f"{words.singular} expected"
    per = f"per {singular}, 95% interval" if known else f"per {singular}"
    rows = [["Group", f"Spent {result.spend.currency}".strip(), "Leads", counted_title(words, counted), per]]
    for row in table.to_dict("records"):
        cost, low, high = (row[key] for key in ("cost_per_application", "cost_low", "cost_high"))
        counts = [f"{value:,.0f}" if value == value else "not known" for value in (row["leads"], row["applications"])]
        said_cost = money(cost) if cost == cost else "-"
        if known and low == low:
            said_cost += f" ({money(low)} to {money(high)})" if high < float("inf") else f" (at least {money(low)})"
        rows.append([str(row["group"]), money(row["spend"]), *counts, said_cost])
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(row[place].rjust(widths[place]) for place in (1, 2, 3)), row[4]])
        for row in rows
    ]
    more = len(result.costs.table) - len(table)
    return [*lines, *([f".. and {more:,} more; --json tells all."] if more > 0 else [])]


def _reading(options: SpendOptions, known: frozenset[str]) -> SpendReading:
    from leadscore_core.data.spend import SpendReading

    columns: dict[str, str] = {}
    months = []
    for given in options.column or ():
        what, equals, header = given.partition("=")
        if what == "month" and equals:
            months.append(header)
        elif what in _FIELDS and equals:
            columns[what] = header
        else:
            raise SpendError(f"--spend-column {given} names nothing: give {', '.join(_FIELDS)} or month, then =HEADER.")
    if months:
        columns["months"] = "\n".join(months)
    currency = options.currency.upper() if options.currency else None
    return SpendReading(options.dates, options.decimal, columns, currency, options.year, known)


def _move(given: str | None) -> Move | None:
    from leadscore_core.analytics.spend import Move

    if given is None:
        return None
    parts = [part.strip() for part in given.rsplit(":", 2)]
    share = parts[-1].rstrip("% ")
    if len(parts) != 3 or not share.replace(".", "", 1).isdigit() or not 0 <= float(share) <= 100:
        raise SpendError(f"--move {given} names no move: give FROM:TO:PERCENT, for instance 'Fair:News:20'.")
    return Move(parts[0], parts[1], float(share) / 100)
