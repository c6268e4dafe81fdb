"""The report of sources: one HTML file that holds everything, for the screen and for paper."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import plotly.graph_objects as go

from leadscore_core.analytics.charts import (
    Evidence,
    show_bubbles,
    show_flow,
    show_gap,
    show_group_trend,
    show_heatmap,
    show_rates,
    show_trend,
)
from leadscore_core.analytics.columns import column_kind, shown_decimals
from leadscore_core.analytics.sentences.money import MONEY
from leadscore_core.analytics.sources import (
    Counted,
    Rates,
    Scope,
    SourceView,
    explain_gaps,
    find_far_segments,
    gap_factors,
    rate_by,
)
from leadscore_core.analytics.spend import Money
from leadscore_core.analytics.trends import trend_groups
from leadscore_core.analytics.wording import answer, definitions, describe_filter, present_costs, shown_at_first
from leadscore_core.analytics.wording_gaps import describe_factors, present_gaps, present_without
from leadscore_core.analytics.wording_money import (
    describe_missing,
    describe_money,
    describe_move,
    describe_period,
    present_missing,
)
from leadscore_core.analytics.wording_segments import describe_segment, describe_union, present_segments
from leadscore_core.analytics.wording_trends import describe_change, describe_comparison
from leadscore_core.days import say_day, say_moment
from leadscore_core.errors import FigureError
from leadscore_core.outcome import OutcomeWords
from leadscore_core.plots.image import draw_images

MOST_ROWS = 40
_WIDTH = 860
_TEMPLATE = """{% macro table(shown) %}
{% if shown.rows %}
<div class="wide"><table>
<thead><tr>{% for name, kind in shown.columns %}<th class="{{ kind }}">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in shown.rows %}<tr>
{%- for cell in row %}<td class="{{ shown.columns[loop.index0][1] }}">{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody>
</table></div>
{% if shown.left %}<p class="note">{{ shown.left }}</p>{% endif %}
{% endif %}
{% endmacro %}<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
  :root { color-scheme: light; }
  body { font: 15px/1.5 system-ui, sans-serif; color: #0b1220; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
  h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
  .answer { font-size: 1.15rem; } .about, .note { color: #475569; font-size: .9rem; }
  figure { margin: 1rem 0; } figure img { max-width: 100%; height: auto; }
  .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .85rem; }
  th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d5dbe0; vertical-align: top; }
  td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
  td:not(.number) { min-width: 7rem; max-width: 18rem; } td.tight { white-space: nowrap; }
  dt { font-weight: 600; } dd { margin: 0 0 .4rem; }
  @page { size: A4; margin: 15mm; }
  @media print { body { margin: 0; max-width: none; padding: 0; } section { break-inside: avoid-page; }
    tr, figure { break-inside: avoid; } thead { display: table-header-group; } .wide { overflow: visible; } }
</style>
</head>
<body>
<h1>Which sources earn their money?</h1>
<p class="about">{{ about }}</p>
<p class="answer">{{ answer }}</p>
{% for text in changes %}<p>{{ text }}</p>{% endfor %}
{% for caution in cautions %}<p class="note">{{ caution }}</p>{% endfor %}
{% if missing %}<p class="note">{{ missing }}</p>{% endif %}
{% for section in sections %}
<section>
<h2>{{ section.title }}</h2>
{% if section.image %}
<figure><img alt="{{ section.title }}" src="data:image/svg+xml;base64,{{ section.image }}"></figure>
{% endif %}
{{ table(section) }}
</section>
{% endfor %}
{% if money %}
<section>
<h2>Money</h2>
<p class="answer">{{ money.answer }}</p>
{% for text in money.missing %}<p class="note">{{ text }}</p>{% endfor %}
{% for section in money.sections %}{{ table(section) }}{% endfor %}
{% for text in money.notes %}<p class="note">{{ text }}</p>{% endfor %}
</section>
{% endif %}
<section>
<h2>What the numbers mean</h2>
<dl>{% for name, meaning in definitions.items() %}<dt>{{ name }}</dt><dd>{{ meaning }}</dd>{% endfor %}</dl>
</section>
</body>
</html>
"""


def make_report(view: SourceView, scope: Scope, *, money: Money | None = None, at: datetime | None = None) -> bytes:
    """Make one self-contained HTML file of what is looked at: filters, figures, tables and definitions.

    Figures are drawn as SVG; where no Chromium is installed the tables stand alone, and the report says why. Its size
    depends on the groups that are shown, never on the number of leads.

    Parameters
    ----------
    money
        Spend set against these leads, with a budget that is moved, if any.
    at
        When it is made; now if not given.

    Raises
    ------
    LeadScoreError
        If the leads cannot be read.
    """
    from jinja2 import Environment

    at = at or datetime.now(UTC)
    rates = rate_by(view, [scope.by], scope.chosen, scope.counted, before=scope.before)
    evidence = [show_rates(view, scope, rates)]
    if scope.across is not None:
        crossed = rate_by(view, scope.dimensions, scope.chosen, scope.counted, before=scope.before)
        evidence.append(replace(show_rates(view, scope, crossed), name="rates-crossed"))
    evidence += [show_bubbles(view, scope, rates), show_heatmap(view, scope)]
    split = explain_gaps(view, scope.by, scope.chosen, scope.counted, scope.factors)
    judged = split.table.dropna(subset=["residual"])
    if len(judged):
        weight = (judged["gap"].abs() * judged["n"]).to_numpy()
        place = int(judged.index[int(weight.argmax())])
        left_out = "How the residual effect moves when a factor is left out"
        evidence.append(show_gap(view, scope, split, place))
        evidence.append(Evidence("without", left_out, None, present_without(view, split, place), {}))
    below, above = find_far_segments(view, scope.chosen, scope.counted)
    better = "What works already" if scope.is_known else "Where most is expected"
    evidence += [
        _targets("segments-below", "Segments far below the average", below, view, rates),
        _targets("segments-above", f"{better}: segments far above the average", above, view, rates),
        show_group_trend(view, scope),
        show_trend(view, scope),
        show_flow(view, scope),
    ]
    images, missing = _draw(evidence)
    tables = {
        s.name: s.table[[s.table.columns[0], *_columns(s.table, view.words, scope.counted)]]
        for s in evidence
        if s.name.startswith("rates")
    }
    tables["volume"] = pd.DataFrame()
    if len(judged):
        tables["gap"] = present_gaps(view, scope.by, split)
    sections = [
        _section(shown, tables.get(shown.name, shown.table), images.get(shown.name))
        for shown in evidence
        if shown.figure is not None or len(shown.table)
    ]
    narrowed = "; ".join(describe_filter(view, scope.chosen)) or "all leads"
    leads, known = rates.totals[["leads", "known"]].astype("int64").tolist()
    about = (
        f"{view.name}, {narrowed}. {_days(view)}{view.counted_words()[scope.counted]}; {leads:,} leads, {known:,} with "
        f"a known outcome. Made {say_moment(at)} UTC by LeadScore."
    )
    page = Environment(autoescape=True, trim_blocks=True).from_string(_TEMPLATE)
    text = page.render(
        title=f"Sources: {view.name}",
        about=about,
        answer=answer(view, scope, rates),
        missing=missing,
        cautions=view.cautions(scope.chosen),
        changes=_changes(view, scope, rates),
        sections=sections,
        definitions=_definitions(view, scope),
        money=_money(view, scope, money),
    )
    return text.encode("utf-8")


def _days(view: SourceView) -> str:
    """Say when the leads came; empty where they do not say."""
    first, last = view.table.period()
    return "" if first is None else f"All of them came {say_day(first)} to {say_day(last)}. "


def _changes(view: SourceView, scope: Scope, rates: Rates) -> list[str]:
    """Say which periods are compared, and which group changed most."""
    trend = trend_groups(view, scope.by, scope.chosen, scope.counted)
    said = [describe_comparison(view, scope, rates), "" if trend is None else describe_change(view, scope, trend)]
    return [text for text in said if text]


def _definitions(view: SourceView, scope: Scope) -> dict[str, str]:
    """Return what the numbers mean, composition by the factors that are chosen."""
    found = definitions(view, scope.counted)
    if not scope.is_known:
        return found
    factors = gap_factors(view, scope.by) if scope.factors is None else scope.factors
    return found | {"Composition": describe_factors(view, scope.by, factors)}


def _money(view: SourceView, scope: Scope, money: Money | None) -> dict[str, object] | None:
    """Lay money out: what is missing stands above what is counted."""
    if money is None:
        return None
    costs = present_costs(money.costs, money.spend.currency, view.words, scope.counted)
    costs = costs.rename(columns={"Group": view.dimensions[money.by]})
    tables = [("What is missing", present_missing(view, money)), ("Costs", costs)]
    notes = [describe_period(view, scope, money), describe_move(money, view.words)]
    if money.moved is not None:
        notes.append(MONEY["assumed"](plural=view.words.plural))
    return {
        "answer": describe_money(money, view.words, scope.counted),
        "missing": describe_missing(view, money),
        "sections": [_section(Evidence("money", title, None, table, {}), table, None) for title, table in tables],
        "notes": [note for note in notes if note],
    }


def _columns(table: pd.DataFrame, words: OutcomeWords, counted: Counted) -> list[str]:
    more = [n for n in ("Rate before", "Change", "Change from", "Change to", "Expected") if n in table]
    first = shown_at_first(words, counted)
    if "Change" in table:  # the two periods take the room
        first = tuple(name for name in first if name not in ("Ranked at", "Against average"))
        more = [name for name in more if name != "Expected"]
    return [*first, *more]


def _targets(name: str, what: str, found: pd.DataFrame, view: SourceView, rates: Rates) -> Evidence:
    what = what if rates.is_known else f"{what}, as expected"
    title = f"{what}: none that is certain" if rates.is_known else f"{what}: none"
    if len(found):
        sentence = describe_segment(found.iloc[0], float(rates.totals["n"]), view.words)
        union = describe_union(found, float(rates.totals["n"]), view.words, rates.counted)
        title = f"{what}: {found['name'].iloc[0]}, {sentence}. {union}".rstrip()
    return Evidence(name, title, None, present_segments(found, view.words, rates.counted), {})


def _draw(evidence: Sequence[Evidence]) -> tuple[dict[str, str], str]:
    """Return the figures as base64 SVG, and what is missing where they cannot be drawn."""
    drawn = [shown for shown in evidence if shown.figure is not None]
    figures = [go.Figure(shown.figure).update_layout(title=None, margin={"t": 28}) for shown in drawn]
    try:
        images = draw_images(figures, "svg", width=_WIDTH)
    except FigureError as error:
        return {}, f"The figures are left out. {error}"
    return {s.name: base64.b64encode(i).decode("ascii") for s, i in zip(drawn, images, strict=True)}, ""


def _section(shown: Evidence, table: pd.DataFrame, image: str | None) -> dict[str, object]:
    rows = table[table.index.isin(table.nlargest(MOST_ROWS, "Leads").index)] if len(table) > MOST_ROWS else table
    kinds = ["number" if pd.api.types.is_numeric_dtype(table[name]) else "" for name in table.columns]
    left = f"The {MOST_ROWS} largest of {len(table):,}." if len(table) > MOST_ROWS else ""
    numbers = [pd.api.types.is_numeric_dtype(table[name]) for name in table.columns]
    digits = [
        shown_decimals(name, table[name]) if number else 0 for name, number in zip(table.columns, numbers, strict=True)
    ]
    return {
        "title": shown.title,
        "image": image,
        "columns": list(zip(table.columns, kinds, strict=True)),
        "rows": [
            [_cell(name, value, decimals) for name, value, decimals in zip(table.columns, row, digits, strict=True)]
            for row in rows.itertuples(index=False, name=None)
        ],
        "left": left,
    }


def _cell(name: str, value: object, decimals: int) -> str:
    """Write a cell as people read it, rates and points with so many decimals."""
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{say_day(value)}"
    if isinstance(value, str):
        return value
    number = float(str(value))
    sign = "+" if column_kind(name) == "points" else ""
    return f"{number:{sign},.{decimals}f}{'%' if column_kind(name) == 'percent' else ''}"
