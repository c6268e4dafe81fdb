"""What a server that several people share gives each of them."""

from pydantic import BaseModel, Field


class LimitRules(BaseModel):
    """How much may be asked of a server.

    Attributes
    ----------
    lists_at_once
        Lists that are scored at the same time; whoever comes later waits for their turn, which the page says.
    lists_an_hour, trainings_a_day
        As many as one person may have.

    Examples
    --------
    >>> LimitRules().lists_at_once
    2
    """

    lists_at_once: int = Field(2, ge=1, le=1_000)
    lists_an_hour: int = Field(60, ge=1)
    trainings_a_day: int = Field(50, ge=1)
