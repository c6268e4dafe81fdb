"""Sentences on money: what was spent, what an outcome costs, what is missing, what a moved budget may bring."""

from leadscore_core.data.sentence import Sentence

_SECTION = "Sources, Money; report; command line with --spend"
_SPENT = "120,000 INR were spent in periods that have leads too, 12% of it on junk"
_COSTS = {
    "spent": _SPENT,
    "an_outcome": "A conversion",
    "cheap": "238 from News (95% interval 215 to 264; 302 conversions of 811 leads)",
    "dear": "1,204 from Fair (95% interval 830 to 1,781; 26 conversions of 640 leads)",
    "small": "",
}
_COSTS_EXPECTED = _COSTS | {
    "cheap": "238 from News (302 conversions of 811 leads expected)",
    "dear": "1,204 from Fair (26 conversions of 640 leads expected)",
}
MONEY: dict[str, Sentence] = {
    "spent": Sentence(
        _SECTION,
        "some spend is of periods in which leads of its group came; as a part of others",
        "{spent} were spent in periods that have leads too{wasted}",
        {"spent": "120,000 INR", "wasted": ", 12% of it on junk"},
    ),
    "spent_undated": Sentence(
        _SECTION,
        "the leads or the spend have no dates; as a part of others",
        "{spent} were spent{wasted}; without dates nothing tells whether leads and spend are of the same time",
        {"spent": "120,000 INR", "wasted": ", 12% of it on junk"},
    ),
    "nothing_matches": Sentence(
        _SECTION,
        "no spend is of a period in which leads of its group came",
        "None of the spend can be set against leads: see below what is missing.",
    ),
    "costs": Sentence(
        _SECTION,
        "outcomes are known, and several groups have spend and at least 10 outcomes; of them the cheapest and dearest",
        "{spent}. {an_outcome} costs {cheap} and {dear}.{small}",
        _COSTS,
    ),
    "costs_expected": Sentence(
        _SECTION,
        "no outcomes are counted, and several groups have spend and at least 10 outcomes expected",
        "{spent}. {an_outcome} is expected to cost {cheap} and {dear}.{small}",
        _COSTS_EXPECTED,
    ),
    "cost": Sentence(
        _SECTION,
        "outcomes are known, and one group has spend and at least 10 outcomes",
        "{spent}. {an_outcome} costs {cheap}.{small}",
        _COSTS,
    ),
    "cost_expected": Sentence(
        _SECTION,
        "no outcomes are counted, and one group has spend and at least 10 outcomes expected",
        "{spent}. {an_outcome} is expected to cost {cheap}.{small}",
        _COSTS_EXPECTED,
    ),
    "small": Sentence(
        _SECTION,
        "some groups that have spend and outcomes have fewer than 10; as a part of others",
        " Groups with fewer than {few} {plural} are left out of this comparison.",
        {"few": "10", "plural": "conversions"},
    ),
    "small_expected": Sentence(
        _SECTION,
        "no outcomes are counted, and fewer than 10 are expected of some groups that have spend; as a part of others",
        " Groups with fewer than {few} {plural} expected are left out of this comparison.",
        {"few": "10", "plural": "conversions"},
    ),
    "few": Sentence(
        _SECTION,
        "outcomes are known, and no group that has spend has at least 10",
        "{spent}. No group has the {few} {plural} that it takes to say what one costs.",
        {"spent": _SPENT, "few": "10", "plural": "conversions"},
    ),
    "few_expected": Sentence(
        _SECTION,
        "no outcomes are counted, and of no group that has spend at least 10 are expected",
        "{spent}. Of no group the {few} {plural} are expected that it takes to say what one costs.",
        {"spent": _SPENT, "few": "10", "plural": "conversions"},
    ),
    "no_outcome": Sentence(
        _SECTION,
        "outcomes are known, and no lead that was paid for has one",
        "{spent}; no {singular} came of it.",
        {"spent": _SPENT, "singular": "conversion"},
    ),
    "not_known": Sentence(
        _SECTION,
        "no outcome of the leads that were paid for is known or expected",
        "{spent}; what came of it is not known yet.",
        {"spent": _SPENT},
    ),
    "spend_left": Sentence(
        _SECTION + ", above the table",
        "some spend is not counted",
        "Spend without leads, not counted: {amount} ({which}).",
        {"amount": "90,500 INR", "which": "News, Jul to Sep 2021; radio"},
    ),
    "leads_left": Sentence(
        _SECTION + ", above the table",
        "no spend is known for some leads",
        "Leads without spend, not counted: {leads} ({which}).",
        {"leads": "4,321", "which": "News, Oct 2021; Fair, Jul 2021 to Jan 2022; and 45 more"},
    ),
    "other_currencies": Sentence(
        _SECTION + ", above the table",
        "the file of spend has amounts in several currencies",
        "Not counted: {others}. Amounts in {currency} and in other currencies are never added; each can be looked at "
        "by itself.",
        {"others": "3,000 USD", "currency": "INR"},
    ),
    "half": Sentence(
        _SECTION + ", below the table",
        "leads have dates and the spend has periods, so that they are set against each other by days",
        "Only days count on which money was spent for a group and leads are looked at ({days}); an amount is spread "
        "evenly over the days of its period.",
        {"days": "24 Jan to 20 Feb 2022"},
    ),
    "taken_as": Sentence(
        _SECTION + ", below the table",
        "names of the spend differ from exactly one group by case, spaces, hyphens, underscores or dots alone",
        "Names taken for a group: {pairs}.",
        {"pairs": "google-ads as Google Ads"},
    ),
    "filtered": Sentence(
        _SECTION + ", below the table",
        "leads are filtered by something else than dates",
        "Spend is for all leads of a group: filters other than the dates do not count here.",
    ),
    "moved": Sentence(
        _SECTION + ", What if a budget moved?",
        "outcomes are known, and two groups have spend and outcomes",
        "Moving {amount} from {source} to {target}: {change} {plural} expected (95% interval {low} to {high})."
        "{warning}",
        {
            "amount": "18,000 INR",
            "source": "Fair",
            "target": "News",
            "change": "+41",
            "plural": "conversions",
            "low": "+12",
            "high": "+70",
            "warning": "",
        },
    ),
    "grows": Sentence(
        _SECTION + ", What if a budget moved?",
        "the group that gets the budget would have more than twice its money",
        " {target} would get {times} times its money, which nobody has seen yet.",
        {"target": "News", "times": "3.0"},
    ),
    "move_expected": Sentence(
        _SECTION + ", What if a budget moved?",
        "no outcomes are counted",
        "What moving a budget brings can be told once outcomes are known.",
    ),
    "move_alone": Sentence(
        _SECTION + ", What if a budget moved?",
        "fewer than two groups have spend and outcomes",
        "It takes two groups with spend and known outcomes.",
    ),
    "assumed": Sentence(
        _SECTION + ", What if a budget moved?",
        "outcomes are known, and two groups have spend and outcomes",
        "Assumed: {plural} grow with spend to the power of 0.5 (four times the money, twice the {plural}) to 1 "
        "(twice the money, twice the {plural}), each equally likely, since one period does not tell; that what a "
        "group brought came of its spend; and that its next leads are like the last. The interval holds the first "
        "and the luck of the {plural} counted.",
        {"plural": "conversions"},
    ),
}
