"""All sentences of sources and money, by topic: what a list of them is made of."""

from leadscore_core.analytics.sentences.doubts import DOUBTS
from leadscore_core.analytics.sentences.expectations import EXPECTATIONS
from leadscore_core.analytics.sentences.gaps import GAPS
from leadscore_core.analytics.sentences.money import MONEY
from leadscore_core.analytics.sentences.rates import ANSWERS, TITLES
from leadscore_core.analytics.sentences.segments import SEGMENTS
from leadscore_core.analytics.sentences.trends import TRENDS
from leadscore_core.data.sentence import Sentence

CATALOGUE: dict[str, dict[str, Sentence]] = {
    "doubts": DOUBTS,
    "expectations": EXPECTATIONS,
    "answer": ANSWERS,
    "titles": TITLES,
    "composition": GAPS,
    "segments": SEGMENTS,
    "trends": TRENDS,
    "money": MONEY,
}
