"""Sentences on composition and residual effect."""

from leadscore_core.data.sentence import Sentence

_SECTION = "Sources, Composition; report"
_GAP = {"name": "Fair", "each": "converts", "rate": "3.1%", "points": "46.6", "side": "below", "average": "49.7%"}
GAPS: dict[str, Sentence] = {
    "expected": Sentence(
        "Sources, Composition",
        "no outcomes are counted",
        "What is expected cannot be taken apart: it is the model's own output. Count leads of which is known whether "
        "they {past}, or bring outcomes.",
        {"past": "converted"},
    ),
    "factors": Sentence(
        "Sources, Composition; What the numbers mean",
        "outcomes are known, and a factor is chosen",
        "Composition: what leads of the same {factors} bring at the average {human}, less the average. The rest is the "
        "residual effect of the {human}. A factor that the {human} chooses for itself hides what it does: leave such a "
        "factor out.",
        {"factors": "platform, city tier and month", "human": "source"},
    ),
    "no_factors": Sentence(
        "Sources, Composition; What the numbers mean",
        "outcomes are known, and no factor is chosen",
        "Without a factor to compare by, the whole gap is the residual effect of the {human}.",
        {"factors": "nothing", "human": "source"},
    ),
    "split": Sentence(
        _SECTION,
        "outcomes are known, and at least a fifth of the group's leads have comparable ones elsewhere",
        "{name} {each} {rate}, {points} points {side} the average of {average}: the composition of its leads "
        "explains {composition}, the residual effect is {residual} (95% interval {residual_low} to {residual_high}).",
        _GAP | {"composition": "-30.1", "residual": "-16.5", "residual_low": "-18.0", "residual_high": "-15.0"},
    ),
    "alone": Sentence(
        _SECTION,
        "outcomes are known, and less than a fifth of the group's leads have comparable ones elsewhere",
        "{name} {each} {rate}, {points} points {side} the average of {average}. Only {share} of its leads have "
        "comparable ones elsewhere, too few to tell its composition from a residual effect.",
        _GAP | {"share": "12%"},
    ),
    "judged": Sentence(
        _SECTION,
        "at least 80% of the group's leads have comparable ones, and no factor decides the sign of its residual",
        "Verdict, corrected for the number of groups: {verdict}.",
        {"verdict": "Worse than its leads"},
    ),
    "few_leads": Sentence(
        _SECTION,
        "the group has fewer than 30 leads",
        "No verdict: it has fewer than 30 leads.",
    ),
    "few_peers": Sentence(
        _SECTION,
        "less than 80% of the group's leads have at least 20 comparable ones elsewhere",
        "No verdict: {share} of its leads have at least 20 leads elsewhere that are alike in the factors chosen; it "
        "takes {least}. With fewer factors more leads are comparable.",
        {"share": "63%", "least": "80%"},
    ),
    "depends": Sentence(
        _SECTION,
        "without one of the factors the residual would have the other sign",
        "No verdict: without {factor} the residual effect would be {other}, of the other sign. If the {human} chooses "
        "its {factor}, that is part of what it does; if its leads bring it, it is not.",
        {"factor": "platform", "other": "-11.6", "human": "source"},
    ),
}
