"""What an outcome is called in sentences, figures, exports and reports: conversions, applications, purchases."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_MARKS = re.compile(r"[\\`*_\[\]<>$~:#|!{}=^@;\"\x00-\x1f\x7f]+")
_WEB = re.compile(r"\bwww\.", re.IGNORECASE)


def tidy_words(text: str) -> str:
    """Return words that stand in the middle of sentences without what a page or a spreadsheet would read as more.

    A company's own words come with its schema, and that with a model from elsewhere.

    Examples
    --------
    >>> tidy_words("sign-ups (gym)"), tidy_words(":red[sign-ups](http://a.b)"), tidy_words("=1+1")
    ('sign-ups (gym)', 'red sign-ups (http //a.b)', '1+1')
    """
    return " ".join(_WEB.sub("www ", _MARKS.sub(" ", text)).split()).lstrip("-+ ")


class OutcomeWords(BaseModel):
    """How the outcome reads: so many ``plural``, leads ``many``, a lead has ``past``, the ``noun`` is foretold.

    Where the noun is not the singular, the outcome is a step of the thing ("application completion"), and sentences
    name both. ``person``, ``doing`` and ``does`` are for outcomes whose person has a name (applicant, applying,
    applies).

    Examples
    --------
    >>> words = OutcomeWords(singular="purchase", plural="purchases", many="buy", past="bought")
    >>> words.noun, words.done, words.each, words.whether
    ('purchase', 'purchases', 'buys', 'whether the lead bought')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    singular: str = Field("conversion", min_length=1)
    plural: str = Field("conversions", min_length=1)
    many: str = Field("convert", min_length=1)
    past: str = Field("converted", min_length=1)
    noun: str = Field("conversion", min_length=1)
    person: str = ""
    doing: str = ""
    does: str = ""

    @field_validator("*", mode="before")
    @classmethod
    def _tidy(cls, given: Any) -> Any:
        return tidy_words(given) if isinstance(given, str) else given

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, given: Any) -> Any:
        """Make the noun of the singular, or the singular of the noun, where one of them alone is given."""
        if not isinstance(given, dict):
            return given
        noun, singular = given.get("noun"), given.get("singular")
        if noun and not singular:
            given = given | {"singular": noun}
        elif singular and not noun:
            given = given | {"noun": singular}
        if (noun or singular) and not given.get("plural"):
            given = given | {"plural": _plural(given["singular"])}
        return given

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Give words of an older pickle those that came later."""
        own = state["__dict__"]
        if "plural" not in own:
            own = (APPLICATIONS if own["noun"] == APPLICATIONS.noun else OutcomeWords(**own)).__dict__
        tidy = {name: tidy_words(text) if isinstance(text, str) else "" for name, text in own.items()}
        super().__setstate__(state | {"__dict__": tidy})

    @property
    def is_step(self) -> bool:
        """Whether the outcome is that the thing is completed, not the thing itself."""
        return self.noun != self.singular

    @property
    def done(self) -> str:
        """What is counted once it is known, such as "applications completed"."""
        return f"{self.plural} {self.past}" if self.is_step else self.plural

    @property
    def finished(self) -> str:
        """The same with the verb first, such as "completed applications"."""
        return f"{self.past} {self.plural}" if self.is_step else self.plural

    @property
    def one(self) -> str:
        """A lead with the outcome: "an applicant", "a lead that converted"."""
        return f"{_article(self.person)} {self.person}" if self.person else f"a lead that {self.past}"

    @property
    def people(self) -> str:
        """Leads with the outcome: "applicants", "leads that convert"."""
        return _plural(self.person) if self.person else f"leads that {self.many}"

    @property
    def a_singular(self) -> str:
        """The singular with its article."""
        return f"{_article(self.singular)} {self.singular}"

    @property
    def title(self) -> str:
        """The plural at the start of a sentence."""
        return capital(self.plural)

    @property
    def each(self) -> str:
        """The verb of one lead or group: it "completes"."""
        return third_person(self.many)

    @property
    def chance(self) -> str:
        """What a propensity is of, at full length: "completing the application"."""
        return f"{_gerund(self.many)} the {self.singular}" if self.is_step else self.noun

    @property
    def chance_short(self) -> str:
        """What a propensity is of, in a word: "completing"."""
        return _gerund(self.many) if self.is_step else self.noun

    @property
    def whether(self) -> str:
        """What a column of outcomes says: "whether the application was completed"."""
        return f"whether the {self.singular} was {self.past}" if self.is_step else f"whether the lead {self.past}"

    @property
    def nobody(self) -> str:
        """That there is none: "no lead completed the application"."""
        return f"no lead {self.past} the {self.singular}" if self.is_step else f"no lead {self.past}"


def capital(text: str) -> str:
    """Return a text with its first letter as a capital, and nothing else changed."""
    return text[:1].upper() + text[1:]


def third_person(verb: str) -> str:
    """Return the verb of one.

    Examples
    --------
    >>> [third_person(verb) for verb in ("convert", "apply", "buy", "purchase", "pass", "sign up")]
    ['converts', 'applies', 'buys', 'purchases', 'passes', 'signs up']
    """
    first, _, rest = verb.partition(" ")
    return f"{_plural(first)} {rest}".strip()


def _plural(noun: str) -> str:
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search(r"(s|x|z|ch|sh)$", noun) else f"{noun}s"


def _article(noun: str) -> str:
    return "an" if noun[:1].casefold() in "aeiou" else "a"


def _gerund(verb: str) -> str:
    return f"{verb.removesuffix('e')}ing"


APPLICATIONS = OutcomeWords(
    singular="application",
    plural="applications",
    many="complete",
    past="completed",
    noun="application completion",
    person="applicant",
    doing="applying",
    does="applies",
)
