"""Derived features: what a model reads of a lead beside its columns, each one function and one registration."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from leadscore_core.config import load_extensions, register_once
from leadscore_core.data.cleaning.cleaner import plain_text
from leadscore_core.data.schema.schema import CITY_TIER, Column, LeadSchema, Role, group_column
from leadscore_core.errors import LeadScoreError

_ALONE = 3


@dataclass(frozen=True)
class DerivedFeature:
    """A column that is computed from a lead's cleaned columns, lead by lead.

    Parameters
    ----------
    name
        Of the column, such as ``hour_of_day``; people read it as Hour of day.
    reads
        The columns that it is computed from, each by its name in the schema or by its role (the first that has it).
    compute
        Takes these cleaned columns as Series and returns numbers, or text for levels, one a lead. A module's function,
        so that a saved model finds it. What it says of a lead must not depend on the other leads.
    phrase
        How a value reads in a reason, with ``{value}``.
    role
        ``number`` or ``category`` (text).

    Examples
    --------
    >>> weekend = DerivedFeature("weekend", (Role.TIMESTAMP,), lambda created: created.dt.dayofweek // 5)
    >>> weekend.column.human
    'Weekend'
    """

    name: str
    reads: tuple[str, ...]
    compute: Callable[..., pd.Series]
    phrase: str = "{value}"
    role: Literal["number", "category"] = "number"

    @cached_property
    def column(self) -> Column:
        """What the column means, as a schema says it."""
        human = self.name.replace("_", " ").capitalize()
        return Column(name=self.name, role=Role(self.role), human=human, phrase=self.phrase)

    def sources(self, schema: LeadSchema) -> list[str] | None:
        """Return the names of the cleaned columns that it reads; None where the schema lacks one as an input."""
        known = {c.name for c in schema.inputs if c.role is not Role.INTERACTION} | {
            CITY_TIER,
            *map(group_column, schema.groups),
        }
        names = []
        for wanted in self.reads:
            column = schema.one(Role(wanted)) if wanted in set(Role) and wanted not in known else None
            name = wanted if column is None else column.name
            if name not in known:
                return None
            names.append(name)
        return names

    def of_leads(self, cleaned: pd.DataFrame, sources: list[str]) -> pd.Series:
        """Compute it.

        Raises
        ------
        LeadScoreError
            If the function fails, or gives something else than one number or text a lead.
        """
        try:
            columns = plain_text(cleaned[sources])
            values = self.compute(*(columns[name] for name in sources))
        except Exception as error:  # it is somebody's own function
            raise LeadScoreError(
                f"The feature {self.name!r} cannot be computed ({type(error).__name__}: {error}). Correct its function "
                "or take it out of the extensions."
            ) from error
        if not isinstance(values, pd.Series) or not values.index.equals(cleaned.index):
            raise LeadScoreError(
                f"The feature {self.name!r} must give a Series with one value a lead, under the leads' own index; it "
                f"gave {type(values).__name__}. Correct its function."
            )
        return values.astype("float64" if self.role == "number" else "str")

    def check_alone(self, cleaned: pd.DataFrame, sources: list[str]) -> None:
        """Raise if a lead alone gets another value than among the others.

        Raises
        ------
        LeadScoreError
            With the feature's name.
        """
        whole = self.of_leads(cleaned, sources)
        for row in np.linspace(0, len(cleaned) - 1, min(_ALONE, len(cleaned))).astype("int64"):
            if not self.of_leads(cleaned.iloc[[row]], sources).equals(whole.iloc[[row]]):
                raise LeadScoreError(
                    f"The feature {self.name!r} depends on the other leads of a list: a lead alone gets another value. "
                    "Compute it from the lead's own columns."
                )


FEATURES: dict[str, DerivedFeature] = {}


def register_feature(feature: DerivedFeature) -> None:
    """Let every model that is trained from now on read a feature, where the leads have what it is computed from.

    Raises
    ------
    LeadScoreError
        If there is another feature of this name.
    """
    register_once(FEATURES, feature.name, feature, "feature")


def features_for(schema: LeadSchema) -> tuple[DerivedFeature, ...]:
    """Return the registered features that can be computed from leads of a schema.

    Raises
    ------
    LeadScoreError
        If one has the name of a column, or an extension of the settings cannot be loaded.
    """
    load_extensions()
    taken = sorted(set(FEATURES) & set(schema.by_name))
    if taken:
        raise LeadScoreError(f"{', '.join(taken)}: {schema.title} have a column of this name. Rename the feature.")
    return tuple(feature for feature in FEATURES.values() if feature.sources(schema) is not None)
