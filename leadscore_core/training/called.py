"""Called-ness: what is known of a lead by its outcome, by whether anybody called it, and by its age.

A lead that nobody called and that did not convert has not said no. Who takes it for a no teaches a model that the leads
which the model before it ranked low do not convert: selection bias that feeds itself (Heckman, 1979).
"""

from dataclasses import dataclass

import numpy as np

LEAST_CALLED = 0.8


@dataclass(frozen=True, eq=False)
class Settled:
    """What is known of each lead.

    Attributes
    ----------
    outcome
        1 yes, 0 no, NaN unknown; float64.
    is_learned
        Whether it is learned from and judged by: a no, or a yes among leads whose no is known as well. A yes among
        leads that nobody called, or that are too young, is a yes; but those like it that did not convert are unknown,
        and learned from without them it would say that all such leads convert: on the real leads, where a fifth of
        them converted by themselves, the AUC of later months was 0.775 so and 0.790 without them
        (`benchmarks/loop_replay.py`).
    uncalled, young
        Whether it is unknown since nobody called it; since its time to convert is not over; of bool.
    by_itself
        Whether it converted without a call; of bool.
    """

    outcome: np.ndarray
    is_learned: np.ndarray
    uncalled: np.ndarray
    young: np.ndarray
    by_itself: np.ndarray


def settle_outcomes(
    outcome: np.ndarray,
    called: np.ndarray | None = None,
    age: np.ndarray | None = None,
    days: int = 0,
) -> Settled:
    """Say what is known of leads: whoever converted is a yes; of the others, who was called and is old enough is a no.

    Parameters
    ----------
    outcome
        As it came: 1, 0, or NaN where nothing came.
    called
        1 where somebody called, 0 where nobody did, NaN where that is not known; None where it is not known of any.
        What came of a lead counts as it is where that is not known.
    age
        Days since the lead came, NaN where that is not known; such a lead counts as old enough.
    days
        How long a lead takes to convert; 0 where all are old enough.

    Examples
    --------
    >>> nan = np.nan
    >>> settled = settle_outcomes(np.array([1, 0, 0, 0, 1, nan]), np.array([1, 1, 0, nan, 0, 1]))
    >>> settled.outcome.tolist(), settled.is_learned.tolist()
    ([1.0, 0.0, nan, 0.0, 1.0, nan], [True, True, False, True, False, False])
    >>> settle_outcomes(np.array([1, 0, 0]), age=np.array([3.0, 3.0, 90.0]), days=30).outcome.tolist()
    [1.0, nan, 0.0]
    """
    came = np.asarray(outcome, dtype="float64")
    yes, no = came == 1, came == 0
    nobody = np.zeros(len(came), dtype=bool) if called is None else np.asarray(called, dtype="float64") == 0
    is_young = np.zeros(len(came), dtype=bool) if age is None else np.asarray(age, dtype="float64") < days
    uncalled = no & nobody
    young = no & is_young & ~nobody
    settled = np.where(uncalled | young, np.nan, came)
    return Settled(
        outcome=settled,
        is_learned=~np.isnan(settled) & ~nobody & ~is_young,
        uncalled=uncalled,
        young=young,
        by_itself=yes & nobody,
    )


def is_recorded(outcome: np.ndarray, called: np.ndarray) -> bool | None:
    """Tell whether calls seem to be written down: four in five of those who converted were called.

    Where most converted without a call, either calls are not written down or leads need none; only a person knows.

    Parameters
    ----------
    outcome, called
        As of `settle_outcomes`.

    Returns
    -------
    bool or None
        None where nobody converted of whom it is known whether somebody called.

    Examples
    --------
    >>> is_recorded(np.array([1, 1, 0, 0]), np.array([1, 0, 1, 0])), is_recorded(np.array([1, 0]), np.array([1, 0]))
    (False, True)
    """
    known = (np.asarray(outcome) == 1) & ~np.isnan(called)
    return bool(np.mean(called[known]) >= LEAST_CALLED) if known.any() else None


def sample_weights(is_sample: np.ndarray, called: np.ndarray, is_aside: np.ndarray) -> np.ndarray:
    """Return how many leads each one that was called stands for: itself, but for those of a learning sample.

    The leads that were put aside are a stratum. Those of them that were drawn at random and called stand for all of it,
    by the inverse of the share that they are of it (Horvitz and Thompson, 1952); the share is the one that came about,
    as in poststratification (Holt and Smith, 1979). Who was put aside and called for another reason stands for itself.

    Parameters
    ----------
    is_sample
        Whether a lead was put aside and drawn to be called all the same.
    called
        1 where somebody called.
    is_aside
        Whether it was put aside, drawn or not.

    Returns
    -------
    numpy.ndarray
        1 or more where a lead stands for itself or more; 0 for those put aside that another lead stands for.

    Examples
    --------
    >>> put_aside = np.array([0, 1, 1, 1, 1])
    >>> sample_weights(np.array([0, 1, 0, 0, 0]), np.array([1, 1, 0, 0, 0]), put_aside).tolist()
    [1.0, 4.0, 0.0, 0.0, 0.0]
    """
    aside, drawn, reached = np.asarray(is_aside, bool), np.asarray(is_sample, bool), np.asarray(called) == 1
    weight = np.ones(len(aside))
    sample = aside & drawn & reached
    if not sample.any():
        return weight
    others = aside & ~sample & reached
    weight[sample] = (aside.sum() - others.sum()) / sample.sum()
    weight[aside & ~reached] = 0.0
    return weight
