"""Other defaults for what is made in a process: fewer folds, fewer draws of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from leadscore_core.training.evaluation.paired_tests import compare_models
from leadscore_core.training.fit import Recipe
from leadscore_core.training.request import TrainingRequest
from tests.paths import IS_SOAK

if TYPE_CHECKING:
    import pytest

FEW_FOLDS, USUAL_FOLDS = {"n_splits": 3, "n_inner": 2}, {"n_splits": 5, "n_inner": 3}
ONE_DRAW = {"n_repeats": 1}
FEW_DRAWS = 1_000 if IS_SOAK else 200  # of a comparison's bootstrap, a thousand outside the tests


def defaults_with(made: type, changed: dict[str, Any]) -> tuple[Any, ...]:
    """Return the defaults of a class's parameters, some of them changed."""
    names = list(inspect.signature(made).parameters)
    given = made.__init__.__defaults__
    return tuple((dict(zip(names[-len(given) :], given, strict=True)) | changed).values())


def draw_few() -> None:
    """Have comparisons in this process draw few samples of their leads, where a call does not say how many."""
    compare_models.__kwdefaults__["draws"] = FEW_DRAWS


@contextmanager
def other_defaults(made: type, changed: dict[str, Any]) -> Iterator[pytest.MonkeyPatch]:
    """Give what is made in this process other defaults."""
    import pytest  # a process beside the tests, which is not one, may have none

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made.__init__, "__defaults__", defaults_with(made, changed))
        yield patch


def main() -> None:
    """Run the command line in a process of its own, in which models are judged in few folds."""
    from leadscore_core.cli.main import main as run

    draw_few()
    with other_defaults(Recipe, FEW_FOLDS), other_defaults(TrainingRequest, ONE_DRAW):
        run()


if __name__ == "__main__":
    main()
