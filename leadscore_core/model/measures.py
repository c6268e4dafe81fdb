"""Measures: how the figures that judge a model are called where people read them."""

from pydantic import BaseModel, ConfigDict


class Measure(BaseModel):
    """How a figure of a model is called and read; kept with each model that was judged by it.

    ``unit`` stands in brackets behind its name where there is room; ``misleads`` says when not to trust it.
    """

    model_config = ConfigDict(frozen=True)

    human: str
    unit: str = ""
    higher_is_better: bool = True
    misleads: str = ""


MEASURES: dict[str, Measure] = {
    "auc": Measure(
        human="AUC", misleads="It ranks: a model whose propensities are all too high can have the best of them."
    ),
    "precision": Measure(human="Precision", misleads="It rises with the base rate, whatever the model."),
    "recall": Measure(human="Recall", misleads="A lower threshold raises it and lowers precision."),
    "brier": Measure(
        human="Brier score",
        higher_is_better=False,
        misleads="It is small where an outcome is rare, even for a model that knows nothing.",
    ),
    "log_loss": Measure(
        human="Log loss",
        unit="natural logarithm",
        higher_is_better=False,
        misleads="A few leads that the model was sure of and wrong about decide it.",
    ),
}

# of the monitor's figures, as they stand in a sentence
FIGURE_NAMES = {
    "auc": "AUC",
    "precision": "precision",
    "recall": "recall",
    "brier": "Brier score",
    "base_rate": "base rate",
    "level": "found for each expected",
    "slope": "slope of calibration",
}
