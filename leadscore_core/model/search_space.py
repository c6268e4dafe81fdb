"""Search spaces: the settings of a classifier that a search may change, and between which values."""

from collections.abc import Mapping
from dataclasses import dataclass

from leadscore_core.errors import LeadScoreError

Value = float | str | bool | None


@dataclass(frozen=True)
class Range:
    """A setting that is a number between two ends, both of which may be tried.

    Parameters
    ----------
    low, high
        Whole numbers are tried where both are whole (`int`), else any number between them.
    step
        Between the whole numbers that are tried, counted from the lowest.
    log
        Whether as many are tried between 1 and 10 as between 10 and 100.

    Raises
    ------
    LeadScoreError
        If the lowest is not below the highest, or a range by its logarithm starts at 0 or has steps.

    Examples
    --------
    >>> Range(0.01, 0.15, log=True).is_whole, Range(60, 400, step=20).is_whole
    (False, True)
    """

    low: float
    high: float
    step: int = 1
    log: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be searched."""
        if not self.low < self.high:
            raise LeadScoreError(
                f"A range from {self.low} to {self.high} cannot be searched. Give the lower end first, below the other."
            )
        if self.step < 1 or (self.step != 1 and not self.is_whole):
            raise LeadScoreError(
                f"Steps of {self.step} from {self.low} to {self.high} cannot be searched. Steps are whole numbers from "
                "1 on, between ends that are whole numbers too."
            )
        if self.log and (self.low <= 0 or self.step != 1):
            raise LeadScoreError(
                f"The logarithm of a range from {self.low} in steps of {self.step} cannot be searched. Start it above "
                "0 and leave the steps out, or leave log out."
            )

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are tried."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __contains__(self, value: object) -> bool:
        """Tell whether a value lies between the ends."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and self.low <= value <= self.high  # type: ignore[operator]  # is_number says so


SearchSpace = Mapping[str, Range | tuple[Value, ...]]
"""Names of settings, each with its range or with the values to choose from."""


def say_value(value: object) -> str:
    """Return the value of a setting as people read it: a number in four digits, anything else as it is.

    Examples
    --------
    >>> say_value(0.123456), say_value(31), say_value("sqrt"), say_value(None)
    ('0.1235', '31', 'sqrt', 'None')
    """
    return f"{value:.4g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
