"""The process of a run, in which models are judged in few folds."""

import sys

from leadscore_core.retraining.worker import main
from leadscore_core.training.fit import Recipe
from tests.defaults import FEW_FOLDS, draw_few, other_defaults

if __name__ == "__main__":
    draw_few()
    with other_defaults(Recipe, FEW_FOLDS):
        sys.exit(main())
