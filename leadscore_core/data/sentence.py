"""A sentence that a page may show: when it stands there, its template, and what fills it for an example."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sentence:
    """One sentence.

    Attributes
    ----------
    page
        Where it stands: page and section.
    when
        The condition under which it is shown, in words.
    template
        With a name in braces for each part that differs.
    example
        Part -> a value for it.
    """

    page: str
    when: str
    template: str
    example: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, **parts: object) -> str:
        """Return the sentence with its parts filled in.

        Examples
        --------
        >>> Sentence("Sources", "always", "{n} leads.", {"n": "3"})(n=4)
        '4 leads.'
        """
        return self.template.format(**parts)

    @property
    def shown(self) -> str:
        """The sentence with the parts of its example."""
        return self.template.format(**self.example)
