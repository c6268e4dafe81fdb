"""Figures of judging: ROC, precision against recall, calibration, gain, and where the scores of both outcomes lie."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.percent import axis_format, rate_decimals, share_percent
from leadscore_core.plots.style import ACCENT, AGAINST, NEUTRAL, dress, error_bars, short

_SHARE: dict[str, Any] = {"tickformat": ".0%", "range": [0, 1.02]}
_WIDE = 0.3  # up to such a highest rate, an axis goes as far as the rates do


def _line(figure: go.Figure, x: pd.Series, y: pd.Series, name: str, colour: str = ACCENT, dash: str = "solid") -> None:
    figure.add_scatter(x=x, y=y, name=name, mode="lines", line={"color": colour, "dash": dash, "width": 2.5})


def plot_roc(curve: pd.DataFrame, auc: float, words: OutcomeWords) -> go.Figure:
    """Draw the ROC curve.

    Parameters
    ----------
    curve
        ``false_positive``, ``true_positive`` (0-1).

    Examples
    --------
    >>> curve = pd.DataFrame({"false_positive": [0, 1], "true_positive": [0, 1]})
    >>> plot_roc(curve, 0.5, OutcomeWords()).layout.title.text
    'A lead that converted outranks another lead<br>50% of the time'
    """
    figure = go.Figure()
    _line(figure, curve["false_positive"], curve["true_positive"], "Model")
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": NEUTRAL, "dash": "dot"}, hoverinfo="skip")
    figure.update_traces(
        selector=0, hovertemplate=f"Finds %{{y:.0%}} of {words.plural}<br>at %{{x:.0%}} of the others<extra></extra>"
    )
    figure.update_xaxes(title=f"Others taken for {words.people}", **_SHARE)
    figure.update_yaxes(title=f"{words.title} found", **_SHARE)
    figure.update_layout(showlegend=False)
    return dress(figure, f"{capital(words.one)} outranks another lead {auc:.0%} of the time", 360)


def plot_precision_recall(
    curve: pd.DataFrame, base_rate: float, threshold: tuple[float, float] | None, words: OutcomeWords
) -> go.Figure:
    """Draw precision against recall, with the threshold in use marked.

    Parameters
    ----------
    curve
        ``recall``, ``precision`` (0-1).
    base_rate
        Precision at random, 0-1.
    threshold
        Recall and precision at the threshold.
    """
    figure = go.Figure()
    _line(figure, curve["recall"], curve["precision"], "Model")
    figure.update_traces(hovertemplate="Recall %{x:.1%}, precision %{y:.1%}<extra></extra>")
    figure.add_hline(y=base_rate, line={"color": NEUTRAL, "width": 1, "dash": "dot"}, annotation_text="at random")
    if threshold is not None:
        figure.add_scatter(
            x=[threshold[0]],
            y=[threshold[1]],
            mode="markers",
            marker={"color": AGAINST, "size": 12},
            hovertemplate="At the threshold: recall %{x:.1%}, precision %{y:.1%}<extra></extra>",
        )
    figure.update_xaxes(title=f"Recall: {words.plural} found", **_SHARE)
    figure.update_yaxes(title="Precision: right when it says yes", **_SHARE)
    figure.update_layout(showlegend=False)
    return dress(figure, "Precision against recall, the threshold marked", 360)


def plot_calibration(bins: pd.DataFrame, words: OutcomeWords) -> go.Figure:
    """Draw observed rates against propensities, by tenths of the leads.

    Parameters
    ----------
    bins
        ``propensity``, ``observed``, ``low``, ``high`` (0-1), ``n``.
    """
    rates = bins[["propensity", "observed"]].to_numpy("float64")
    highest, mean = (float(rates.max()), float(rates[:, 1].mean())) if len(bins) else (1.0, 1.0)
    digits, axis = f".{rate_decimals(mean)}%", _SHARE
    if highest < _WIDE:
        axis = {"tickformat": axis_format([highest]), "range": [0, 1.1 * float(bins["high"].max())]}
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": NEUTRAL, "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(
        x=bins["propensity"],
        y=bins["observed"],
        mode="markers",
        marker={"color": ACCENT, "size": 10},
        error_y=error_bars(bins, "observed"),
        customdata=bins[["n"]],
        hovertemplate=f"Said %{{x:{digits}}}, came %{{y:{digits}}}<br>n = %{{customdata[0]:,}}<extra></extra>",
    )
    figure.update_xaxes(title="Propensity", **axis)
    figure.update_yaxes(title=capital(words.done), **axis)
    figure.update_layout(showlegend=False)
    worst = float((bins["propensity"] - bins["observed"]).abs().max()) if len(bins) else 0.0
    return dress(figure, f"What it says comes true, to within {100 * worst:.{rate_decimals(mean)}f} points", 360)


def plot_gain_share(curve: pd.DataFrame, words: OutcomeWords) -> go.Figure:
    """Draw the share of outcomes found by the share of leads called, best first.

    Parameters
    ----------
    curve
        ``leads``, ``applications`` (0-1).
    """
    figure = go.Figure()
    _line(figure, curve["leads"], curve["applications"], "Best first")
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": NEUTRAL, "dash": "dot"}, hoverinfo="skip")
    lift = (curve["applications"] / curve["leads"].where(curve["leads"] > 0)).fillna(1.0)
    text = f"Calling %{{x:.0%}} finds %{{y:.0%}} of the {words.plural}<br>"
    text += "%{customdata:.2f} times the average<extra></extra>"
    figure.update_traces(selector=0, customdata=lift, hovertemplate=text)
    half = curve.iloc[(curve["leads"] - 0.5).abs().argmin()]["applications"] if len(curve) else 0.5
    figure.update_xaxes(title="Leads called, best first", **_SHARE)
    figure.update_yaxes(title=f"{words.title} found", **_SHARE)
    figure.update_layout(showlegend=False)
    return dress(figure, f"The better half of the leads brings {half:.0%} of the {words.plural}", 360)


def plot_learning(curve: pd.DataFrame) -> go.Figure:
    """Draw the AUC by the number of leads learned from.

    Parameters
    ----------
    curve
        ``rows``, ``auc``, ``std`` (over folds), in ascending order of rows.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=curve["rows"],
        y=curve["auc"],
        mode="lines+markers",
        line={"color": ACCENT, "width": 2.5},
        error_y={"array": curve["std"], "color": NEUTRAL, "thickness": 1.2},
        hovertemplate="Learned from %{x:,} leads: AUC %{y:.3f}<extra></extra>",
    )
    figure.update_xaxes(title="Leads learned from", rangemode="tozero", tickformat=",")
    figure.update_yaxes(title="AUC", tickformat=".2f")
    figure.update_layout(showlegend=False)
    gain = float(curve["auc"].iloc[-1] - curve["auc"].iloc[0]) if len(curve) else 0.0
    return dress(figure, f"From the fewest leads to all of them, the AUC grows by {gain:.3f}", 360)


def plot_stability(table: pd.DataFrame) -> go.Figure:
    """Draw what each column is worth to the model, with how much that varies over the folds.

    Parameters
    ----------
    table
        ``human``, ``share`` and ``std`` (0-1), the largest first.
    """
    shown = table.iloc[::-1]
    figure = go.Figure()
    figure.add_bar(
        x=shown["share"],
        y=[short(name) for name in shown["human"]],
        orientation="h",
        marker={"color": ACCENT},
        error_x={"array": shown["std"], "color": NEUTRAL, "thickness": 1.4},
        hovertemplate="%{y}: %{x:.1%} of what the splits gained, ± %{error_x.array:.1%}<extra></extra>",
    )
    figure.update_xaxes(title="Share of what the splits gained", tickformat=".0%", rangemode="tozero")
    figure.update_layout(showlegend=False)
    title = (
        f"{table.iloc[0]['human']} brings {share_percent(table.iloc[0]['share'])} of what the model learns"
        if len(table)
        else ""
    )
    return dress(figure, title, 120 + 30 * len(table))


def plot_scores(scores: pd.DataFrame, words: OutcomeWords) -> go.Figure:
    """Draw how many leads of either outcome have which score.

    Parameters
    ----------
    scores
        ``score`` (0-100, by fives), ``completed``, ``not_completed``.
    """
    figure = go.Figure()
    past = words.past
    for name, column, colour in ((capital(past), "completed", ACCENT), (f"Not {past}", "not_completed", NEUTRAL)):
        figure.add_bar(
            x=scores["score"] + 2.5,
            y=scores[column],
            name=name,
            marker={"color": colour},
            hovertemplate=f"{name}: %{{y:,}} leads<extra></extra>",
        )
    figure.update_layout(barmode="overlay", legend={"orientation": "h", "y": -0.25, "x": 0}, bargap=0.05)
    figure.update_traces(opacity=0.7)
    figure.update_xaxes(title="Score", range=[0, 100])
    figure.update_yaxes(title="Leads")
    return dress(figure, f"Scores of those who {words.past} and those who did not", 360)
