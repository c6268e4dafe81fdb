"""The model card: what a model is for, what it learned from, how good it is and where it is not, in Markdown."""

from html import escape
from typing import Any

from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.days import say_day, say_moment
from leadscore_core.model.measures import MEASURES, Measure
from leadscore_core.model.metadata import BLEND, ModelMetadata
from leadscore_core.percent import percent
from leadscore_core.plain import plain_in_document

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #0f172a }}
h1, h2 {{ line-height: 1.2 }}
table {{ border-collapse: collapse }}
th, td {{ border-bottom: 1px solid #cbd5e1; padding: 0.3rem 0.7rem; text-align: left }}
code {{ font-size: 0.85em; overflow-wrap: anywhere }}
</style>
{body}
</html>
"""
_SPLITS = {"cross_validation": "Cross-validation", "next_period": "Next period"}


def write_card(
    metadata: ModelMetadata, schema: LeadSchema, *, promotions: list[dict[str, str]] | None = None, brought: str = ""
) -> str:
    """Return a model's card (after Mitchell et al., 2019).

    Parameters
    ----------
    schema
        Of the model: whose leads it reads, and what their outcome is called.
    promotions
        Changes of the champion that name it: ``at``, ``action``, ``by``, ``reason``.
    brought
        That it was brought from elsewhere, by whom and when, in words; empty of one that was trained here.

    Returns
    -------
    str
        Markdown.
    """
    data = metadata.training_data
    exceeds = metadata.targets.are_exceeded(metadata.metrics["cross_validation"])
    among = f", {metadata.among}" if metadata.among else ""
    without = "without " * (metadata.calls is None)
    period = "no dates"
    if data.period_start and data.period_end:
        period = f"{say_day(data.period_start)} to {say_day(data.period_end)}"
    lines = [
        f"# Model {metadata.model_id}",
        "",
        "## What it is for",
        "",
        f"It gives each of the {schema.title} a probability of {schema.outcome.noun}, to decide whom to call first. "
        "It is",
        "not for decisions about a person other than the order of calls, and not for leads of another company.",
        "",
        "## What it learned from",
        "",
        *([f"- This model was {plain_in_document(brought)}"] if brought else []),
        f"- {data.rows:,} leads with an outcome ({data.left_out:,} {without}were left out), {period}",
        *(
            f"- {plain_in_document(text)}"
            for text in (metadata.calls.sentences(schema.outcome) if metadata.calls else ())
        ),
        f"- {percent(data.base_rate, data.base_rate, 1)} of them {schema.outcome.past}",
        *(
            ["- The leads are made up: it shows what LeadScore does and must not be used to call people"]
            * data.synthetic
        ),
        *([f"- Leads were weighted, and count as {data.weight:,.1f} in all"] if data.weight is not None else []),
        *([f"- Note: {plain_in_document(data.note)}"] if data.note else []),
        f"- SHA-256 of the leads: `{data.sha256}`",
        f"- Left out: {_left_out(metadata)}",
        *(
            f"- Open question, is it known before the first call? {plain_in_document(text)}"
            for text in metadata.open_questions
        ),
        "- Names, e-mail addresses and phone numbers were never read",
        "",
        "## How good it is",
        "",
        f"Out-of-sample, at a threshold of {metadata.threshold:.3f} that was chosen on training folds.",
        "",
        "| Judged on | " + " | ".join(_with_unit(measure) for measure in metadata.measures.values()) + " |",
        "|---|" + "---:|" * len(metadata.measures),
        *(
            _row(f"{human}{among}", metadata.metrics.get(split, {}), metadata.measures)
            for split, human in _SPLITS.items()
        ),
        "",
        *(
            f"- {human}: {plain_in_document(metadata.metrics[split]['split'])}"
            for split, human in _SPLITS.items()
            if _known(metadata, split)
        ),
        *_relative(metadata, exceeds),
        f"- Targets, all at once: {metadata.targets.words}: {'met' if exceeds else 'missed'} in cross-validation",
        *(f"- Segment models by {text}" if not i else f"- {text}" for i, text in enumerate(_segments(metadata))),
        f"- Calibration: {metadata.calibration.get('method')}, {metadata.calibration.get('verdict')}",
        *_more_measures(metadata),
        "",
        "## Columns that may know the outcome",
        "",
        *_leakage(metadata),
        "",
        "## Known limits",
        "",
        *(f"- {text}" for text in metadata.cautions),
        "- Folds share the leads' months and flatter; the months that followed are nearer to what a new list brings.",
        "- Sources and media change their meaning over time: train again when the scores of new lists drift.",
        *_costs(metadata),
        *_months(metadata),
        "",
        "## Why it was put to use",
        "",
        *(_promotion(entry) for entry in promotions or []),
        *([] if promotions else ["It has not been."]),
        "",
        "## How it was made",
        "",
        f"- {say_moment(metadata.created_at)} UTC, {_listed(metadata.libraries, ' ')}",
        *_algorithm(metadata),
        f"- Parameters: {_listed(metadata.parameters, ' = ')}",
        f"- SHA-256 of the pickle: `{metadata.pickle_sha256}`",
        "",
    ]
    return "\n".join(lines)


def _leakage(metadata: ModelMetadata) -> list[str]:
    """Return what was asked of each column with its evidence, what was answered by whom, and its worth."""
    asked = [one for one in metadata.audit if one.answer or not one.is_answered]  # of old models nobody knows by whom
    if not asked:
        looked = {
            None: "Whether any was looked for is not kept.",
            True: "Every column was looked at, and none gave rise to a question.",
            False: "Nobody looked for any in this training.",
        }
        return [looked[metadata.was_audited]]
    lines = ["| Column | Why it is asked | AUC with it | AUC without | Answer |", "|---|---|---:|---:|---|"]
    for one in asked:
        aucs = ("not measured" if auc is None else f"{auc:.3f}" for auc in (one.auc_with, one.auc_without))
        cells = (_in_cell(one.column), _in_cell(one.why), *aucs, _in_cell(one.answer_in_words))
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _in_cell(text: str) -> str:
    """Return a text that is one cell of a table in Markdown, and no markup."""
    return plain_in_document(text)


def _algorithm(metadata: ModelMetadata) -> list[str]:
    few = ", chosen inside the folds since the leads are few" if metadata.algorithm == BLEND else ""
    return [f"- Algorithm: {plain_in_document(metadata.algorithm_human)}{few}; {metadata.reasons_in_words}"]


def write_card_html(
    metadata: ModelMetadata, schema: LeadSchema, *, promotions: list[dict[str, str]] | None = None, brought: str = ""
) -> str:
    """Return the card of `write_card` as one HTML page that needs nothing else."""
    from markdown_it import MarkdownIt

    body = (
        MarkdownIt("commonmark", {"html": False})
        .enable("table")
        .render(write_card(metadata, schema, promotions=promotions, brought=brought))
    )
    title = f"Model {metadata.model_id}"
    return _PAGE.format(title=escape(title), body=body)


def _relative(metadata: ModelMetadata, exceeds: bool) -> list[str]:
    if not metadata.is_relative:
        return []
    beside = "; than that model it was no better" if exceeds and not metadata.meets_targets else ""
    return [f"- It was to be better than the base rate and than the model in use{beside}"]


def _segments(metadata: ModelMetadata) -> list[str]:
    return [] if metadata.segments is None else [plain_in_document(text) for text in metadata.segments.sentences]


def _known(metadata: ModelMetadata, split: str) -> bool:
    return "auc" in metadata.metrics.get(split, {})


def _left_out(metadata: ModelMetadata) -> str:
    if not metadata.excluded:
        return "no column"
    return plain_in_document("; ".join(f"{name} ({why.rstrip('.')})" for name, why in metadata.excluded.items()))


def _listed(named: dict[str, Any], joined: str) -> str:
    return plain_in_document(", ".join(f"{name}{joined}{value}" for name, value in named.items()))


def _with_unit(measure: Measure) -> str:
    return plain_in_document(f"{measure.human} ({measure.unit})" if measure.unit else measure.human)


def _more_measures(metadata: ModelMetadata) -> list[str]:
    """Say of measures that were added how to read them."""
    return [
        f"- {plain_in_document(measure.human)}: {'higher' if measure.higher_is_better else 'lower'} is better. "
        f"{plain_in_document(measure.misleads)}".rstrip()
        for name, measure in metadata.measures.items()
        if name not in MEASURES
    ]


def _row(human: str, block: dict[str, Any], measures: dict[str, Measure]) -> str:
    if "auc" not in block:
        blanks = [""] * (len(measures) - 1)
        return f"| {human} | " + " | ".join([block.get("not_applicable", "not applicable"), *blanks]) + " |"
    cells = []
    is_one = len(block.get("months", [])) == 1  # of one month nothing differs
    for name in measures:
        spread = None if is_one else block.get(f"{name}_std")
        value = "does not exist" if block.get(name) is None else f"{block[name]:.3f}"
        cells.append(value if spread is None else f"{value} ± {spread:.3f}")
    return f"| {human} | " + " | ".join(cells) + " |"


def _costs(metadata: ModelMetadata) -> list[str]:
    worst = sorted(metadata.column_costs.items(), key=lambda cost: -cost[1])[:3]
    text = ", ".join(f"{plain_in_document(name)} costs {cost:.3f}" for name, cost in worst if cost >= 0.005)
    return [f"- A list that lacks a column is scored less exactly; of AUC, {text}."] if text else []


def _months(metadata: ModelMetadata) -> list[str]:
    months = metadata.metrics.get("next_period", {}).get("months", {})
    known = {name: block["auc"] for name, block in months.items() if block.get("auc") is not None}
    if not known:
        return []
    worst = min(known, key=lambda name: known[name])
    return [f"- Its worst month was {worst}, with an AUC of {known[worst]:.3f}."]


def _promotion(entry: dict[str, str]) -> str:
    what = {"promote": "Promoted", "retire": "Taken out of use"}.get(entry["action"], "Gone back to")
    by = f" by {plain_in_document(entry['by'])}" if entry.get("by") else ""
    why = plain_in_document(entry.get("reason") or "no reason given")
    return f"- {what} {entry['at'][:16].replace('T', ' ')} UTC{by}: {why}"
