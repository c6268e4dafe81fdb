"""Sentences on trends: the largest change of a group, and two periods beside each other."""

from leadscore_core.data.sentence import Sentence

_TREND = "Sources, Weeks and flow; report; command line"
_EXAMPLE = {
    "name": "News",
    "way": "fell",
    "first": "44%",
    "first_when": "Jul 2021",
    "n_first": "1,210",
    "last": "2.6%",
    "last_when": "Jan 2022",
    "n_last": "640",
    "change": "-41.4",
    "low": "-46.0",
    "high": "-36.5",
    "groups": "23",
    "all_first": "52%",
    "all_last": "47%",
}
TRENDS: dict[str, Sentence] = {
    "largest": Sentence(
        _TREND,
        "outcomes are known, and a group's rates of the first and the last period in which it has 30 leads differ, "
        "corrected for the number of groups",
        "{name} {way} from {first} in {first_when} (n = {n_first}) to {last} in {last_when} (n = {n_last}): {change} "
        "points ({low} to {high}, a 95% interval for all {groups} groups looked at together). All leads went from "
        "{all_first} to {all_last}.",
        _EXAMPLE,
    ),
    "none": Sentence(
        _TREND,
        "outcomes are known, and no group's change can be told from luck",
        "No {human} changed by more than luck would: {groups} were looked at.",
        {"human": "source", "groups": "23"},
    ),
    "too_few": Sentence(
        _TREND,
        "no group has 30 leads with known outcomes in two periods",
        "No {human} has 30 leads with known outcomes in two periods, so nothing can be said of a trend.",
        {"human": "source"},
    ),
    "expected": Sentence(
        _TREND,
        "no outcomes are counted",
        "Expected rates over time show which leads came, not how they did: no change is judged.",
    ),
    "title": Sentence(
        _TREND,
        "leads have dates, and outcomes are known",
        "Rate of {plural} by {period}, {which} by {human}",
        {"plural": "conversions", "period": "month", "which": "the 7 largest", "human": "source"},
    ),
    "title_expected": Sentence(
        _TREND,
        "leads have dates, and no outcomes are counted",
        "Expected rate of {plural} by {period}, {which} by {human}",
        {"plural": "conversions", "period": "month", "which": "the 7 largest", "human": "source"},
    ),
    "compared": Sentence(
        "Sources, above every section, and report",
        "two periods are compared, and outcomes are known",
        "Compared: {now} with {before}. {rate} of {n} leads against {rate_before} of {n_before}: {change} points (95% "
        "interval {low} to {high}).",
        {
            "now": "01 May 2026 to 31 May 2026",
            "before": "01 Apr 2026 to 30 Apr 2026",
            "rate": "54.2%",
            "n": "1,204",
            "rate_before": "50.1%",
            "n_before": "1,180",
            "change": "+4.1",
            "low": "+0.1",
            "high": "+8.0",
        },
    ),
    "compared_expected": Sentence(
        "Sources, above every section, and report",
        "two periods are compared, and no outcomes are counted",
        "Compared: {now} with {before}. {rate} expected of {n} leads against {rate_before} expected of {n_before}.",
        {
            "now": "01 May 2026 to 31 May 2026",
            "before": "01 Apr 2026 to 30 Apr 2026",
            "rate": "54.2%",
            "n": "1,204",
            "rate_before": "50.1%",
            "n_before": "1,180",
        },
    ),
    "compared_empty": Sentence(
        "Sources, above every section, and report",
        "two periods are compared, and one of them has no lead to count",
        "Compared: {now} with {before}. One of them has no lead to count.",
        {"now": "01 May 2026 to 31 May 2026", "before": "01 Apr 2026 to 30 Apr 2026"},
    ),
}
