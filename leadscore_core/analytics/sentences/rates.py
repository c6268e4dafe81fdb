"""Sentences on rates: the answer of the page, titles of charts."""

from leadscore_core.data.sentence import Sentence

_ANSWER = "Sources, the answer; report; first lines of the command line"
ANSWERS: dict[str, Sentence] = {
    "nobody": Sentence(
        _ANSWER,
        "outcomes are known, and no lead or every lead has the outcome",
        "{who} among these {n} leads {past}: no {human} can be told from another.",
        {"who": "Nobody", "n": "300", "past": "converted", "human": "source"},
    ),
    "one_group": Sentence(
        _ANSWER,
        "there is one group only",
        "{total}; there is one {human} only, and nothing to compare it with.",
        {"total": "49.7% of 300 leads converted", "human": "source"},
    ),
    "none_differs": Sentence(
        _ANSWER,
        "outcomes are known, and no group differs from all other leads for certain",
        "{total}; no {human} differs from the others for certain.",
        {"total": "49.7% of 300 leads converted", "human": "source"},
    ),
    "under": Sentence(
        _ANSWER,
        "outcomes are known; the group below the average that lacks most outcomes",
        "{name} brings {leads} of the leads and {outcomes} of the {plural}",
        {"name": "Fair", "leads": "6%", "outcomes": "0.4%", "plural": "conversions"},
    ),
    "over": Sentence(
        _ANSWER,
        "outcomes are known; of the groups above the average the one that is highest for certain",
        "{name} converts best, {rate} (n = {n}) against {average} of {whose}",
        {"name": "News", "rate": "66%", "n": "1,204", "average": "50%", "whose": "all leads"},
    ),
    "total": Sentence(
        _ANSWER,
        "outcomes are known, as a part of others",
        "{rate} of {n} leads {past}",
        {"rate": "49.7%", "n": "18,480", "past": "converted"},
    ),
    "total_expected": Sentence(
        _ANSWER,
        "no outcomes are counted, but those that the model expects",
        "{rate} of {n} leads are expected to {many}",
        {"rate": "49.7%", "n": "1,973", "many": "convert"},
    ),
    "ends_expected": Sentence(
        _ANSWER,
        "no outcomes are counted, and two groups or more have 30 leads of which something is expected",
        "{total}: most are expected of {best}, {high} (n = {n_high}), fewest of {worst}, {low} (n = {n_low}). This is "
        "what the model expects; nothing has been counted yet.",
        {
            "total": "49.7% of 1,973 leads are expected to convert",
            "best": "News",
            "high": "66%",
            "n_high": "120",
            "worst": "Fair",
            "low": "4%",
            "n_low": "80",
        },
    ),
    "no_ends_expected": Sentence(
        _ANSWER,
        "no outcomes are counted, and fewer than two groups have 30 leads of which something is expected",
        "{total}. This is what the model expects; nothing has been counted yet.",
        {"total": "49.7% of 40 leads are expected to convert"},
    ),
}
TITLES: dict[str, Sentence] = {
    "rates": Sentence(
        "Sources, Rates, chart",
        "outcomes are known",
        "{counted} by {humans}: {drawn}",
        {
            "counted": "Conversions",
            "humans": "source",
            "drawn": "the 8 largest of 47, 3 over-deliver",
        },
    ),
    "rates_expected": Sentence(
        "Sources, Rates, chart",
        "no outcomes are counted",
        "{counted} by {humans}: {drawn}",
        {"counted": "Conversions expected", "humans": "source", "drawn": "the 8 largest of 47"},
    ),
    "volume": Sentence(
        "Sources, Rates, second chart",
        "outcomes are known",
        "Leads and rate of {plural} by {human}, one circle each, larger with more {plural}",
        {"plural": "conversions", "human": "source"},
    ),
    "volume_expected": Sentence(
        "Sources, Rates, second chart",
        "no outcomes are counted",
        "Leads and expected rate of {plural} by {human}, one circle each, larger with more {plural} expected",
        {"plural": "conversions", "human": "source"},
    ),
    "crossed": Sentence(
        "Sources, Rates, third chart",
        "outcomes are known",
        "Rate of {plural} by {down} and {across}",
        {"plural": "conversions", "down": "source", "across": "city tier"},
    ),
    "crossed_expected": Sentence(
        "Sources, Rates, third chart",
        "no outcomes are counted",
        "Expected rate of {plural} by {down} and {across}",
        {"plural": "conversions", "down": "source", "across": "city tier"},
    ),
    "weeks": Sentence(
        "Sources, Weeks and flow, first chart",
        "outcomes are known",
        "Rate of {plural} week by week: {first} in the first of {n} weeks, {last} in the last",
        {"plural": "conversions", "first": "44%", "last": "41%", "n": "29"},
    ),
    "weeks_expected": Sentence(
        "Sources, Weeks and flow, first chart",
        "no outcomes are counted",
        "Expected rate of {plural} week by week: {first} in the first of {n} weeks, {last} in the last",
        {"plural": "conversions", "first": "44%", "last": "41%", "n": "29"},
    ),
    "flow": Sentence(
        "Sources, Weeks and flow, second chart",
        "outcomes are known",
        "From {human} to grade to {singular}{hot}",
        {"human": "source", "singular": "conversion", "hot": ": Hot leads bring 71% of the conversions"},
    ),
    "flow_expected": Sentence(
        "Sources, Weeks and flow, second chart",
        "no outcomes are counted",
        "From {human} to grade to {singular} expected{hot}",
        {"human": "source", "singular": "conversion", "hot": ": 71% of the conversions are expected of Hot leads"},
    ),
}
