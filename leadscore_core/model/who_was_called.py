"""Who was called: which leads of a training are unknown and why, and of whom its figures speak."""

from typing import Any

from pydantic import BaseModel

from leadscore_core.outcome import OutcomeWords

NEARLY_ALL = 0.95
BY_CHANCE = 0.55  # up to this AUC who was called is as good as drawn at random


class JunkRate(BaseModel):
    """What leads that were put aside would have done: those drawn and called, how many converted, for how many.

    ``rate``, ``low`` and ``high`` (0-1) are the estimate and its 95% interval (see `weighted_rate`).
    """

    drawn: int
    converted: int
    stands_for: int
    rate: float
    low: float
    high: float


class WhoWasCalled(BaseModel):
    """What is known of the calls to the leads of a training.

    ``source`` is the header of the column that says who was called, or ``attempts`` where it is the attempts that are
    kept; empty where nothing says it. ``uncalled`` and ``young`` leads are left out as nobody knows what would have
    become of them; ``young`` came less than ``days`` days ago, ``young_yes`` of them converted already;
    ``by_itself`` converted without a call. ``called`` were called
    and are learned from, ``unsaid`` are learned from though nothing says whether they were. ``junk`` is what the
    learning sample says, ``represented`` the share (0-1) of leads, of those old enough, that figures speak of;
    ``called_auc`` how well the model's columns tell who was called, 0.5 by chance.
    """

    source: str = ""
    days: int = 0
    uncalled: int = 0
    young: int = 0
    young_yes: int = 0
    by_itself: int = 0
    called: int = 0
    unsaid: int = 0
    junk: JunkRate | None = None
    represented: float = 1.0
    called_auc: float | None = None

    @property
    def follows_the_score(self) -> bool:
        """Whether who was called depends on what the score is made of, as far as that is known."""
        return self.called_auc is None or self.called_auc > BY_CHANCE

    @property
    def is_partial(self) -> bool:
        """Whether figures speak of called leads only, who are others than the rest."""
        return self.uncalled > 0 and self.represented < NEARLY_ALL and self.follows_the_score

    @property
    def among(self) -> str:
        """Of whom figures speak, to follow the name of one; empty where that is all leads."""
        if not self.is_partial:
            return ""
        return "among called leads" if self.junk is None else "among called leads and those the sample stands for"

    def left_out(self) -> str:
        """Say which leads are left out since nobody knows what would have become of them; empty where none is."""
        parts = []
        if self.uncalled:
            parts.append(f"{_leads(self.uncalled)} that nobody called")
        if self.young:
            young = f"{self.young:,}" if self.uncalled else _leads(self.young)
            are = "is" if self.young == 1 else "are"
            parts.append(f"{young} that {are} younger than {_days(self.days)}")
        if not parts:
            return ""
        many = self.uncalled + self.young > 1
        return (
            f"{' and '.join(parts)} {'are' if many else 'is'} left out: nobody knows what would have become of "
            f"{'them' if many else 'it'}."
        )

    def not_learned(self, words: OutcomeWords) -> str:
        """Say which leads are a yes and not learned from, and why; empty where there are none."""
        if not self.by_itself:
            return ""
        counts = (
            f"it counts as {words.a_singular}, and is"
            if self.by_itself == 1
            else (f"they count as {words.plural}, and are")
        )
        return (
            f"{_leads(self.by_itself)} {words.past} without a call: {counts} not learned from, since nobody knows who "
            "else would have."
        )

    def junk_sentence(self, words: OutcomeWords) -> str:
        """Say what leads that were put aside would have done; empty without a learning sample."""
        from leadscore_core.percent import percent  # who only scores needs none of it

        junk = self.junk
        if junk is None:
            return ""
        rate, low, high = (percent(value, junk.rate or junk.high, 1) for value in (junk.rate, junk.low, junk.high))
        return (
            f"Of {_leads(junk.stands_for)} put aside as junk, {junk.drawn:,} were drawn and called, and "
            f"{junk.converted:,} {words.past}: {rate} of junk (95% interval {low} to {high})."
        )

    def caution(self) -> str:
        """Say of whom the figures speak where these are called leads only, and what to switch on."""
        if not self.is_partial:
            return ""
        if self.junk is not None:
            return (
                f"The figures speak of {self.represented:.0%} of the leads: those that were called, and those that the "
                "learning sample stands for."
            )
        followed = "calls may have followed" if self.called_auc is None else "calls followed"
        return (
            f"Its figures are about called leads only, and {followed} what it reads: how well it tells all leads apart "
            "is not known, as a rule better than this. To know it, call a learning sample: on Leads, Junk filter, let "
            "5% of junk stay in the call list."
        )

    def as_json(self) -> dict[str, Any]:
        """Return what `train --json` writes of it."""
        return self.model_dump() | {"among": self.among}

    def sentences(self, words: OutcomeWords) -> list[str]:
        """Return all that is to be said of whom it learned from."""
        return [text for text in (self.left_out(), self.not_learned(words), self.junk_sentence(words)) if text]


def _leads(number: int) -> str:
    return "1 lead" if number == 1 else f"{number:,} leads"


def _days(number: int) -> str:
    return "a day" if number == 1 else f"{number:,} days"
