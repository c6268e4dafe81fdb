"""Work in several processes over the same leads: the leads are written once, and each process reads them once."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from joblib import Parallel, cpu_count, delayed

from leadscore_core._files import scratch_folder

ROWS_WORTH_PROCESSES = 4_000  # of fewer, a process takes longer to start than to work
_Result = TypeVar("_Result")


def run_on_shared(
    work: Callable[..., _Result], shared: tuple[Any, ...], tasks: Sequence[tuple[Any, ...]], *, in_processes: bool
) -> Iterator[_Result]:
    """Call ``work(*shared, *task)`` for each task, on all cores or here, and yield the results in order.

    Parameters
    ----------
    work
        A function of a module, so that another process finds it.
    shared
        Large arguments that are the same for all tasks. They travel as one temporary file rather than with each task:
        joblib's memory maps of arrays over 1 MB cannot be read back inside a frame.
    tasks
        Small arguments of each call.
    in_processes
        Whether the work is worth other processes.

    Examples
    --------
    >>> list(run_on_shared(pow, (2,), [(3,), (4,)], in_processes=False))
    [8, 16]
    """
    if not in_processes or cpu_count() == 1:
        yield from (work(*shared, *task) for task in tasks)
        return
    with scratch_folder() as folder:
        path = folder / "shared.pickle"
        with path.open("wb") as file:
            pickle.dump(shared, file, protocol=pickle.HIGHEST_PROTOCOL)
        parallel = Parallel(n_jobs=cpu_count(), return_as="generator", max_nbytes=None)
        yield from parallel(delayed(_call)(work, path, task) for task in tasks)


def _call(work: Callable[..., _Result], path: Path, task: tuple[Any, ...]) -> _Result:
    return work(*_load(path), *task)


@lru_cache(maxsize=1)
def _load(path: Path) -> tuple[Any, ...]:
    """Read what is shared; a process keeps what it read last."""
    with path.open("rb") as file:
        found: tuple[Any, ...] = pickle.load(file)  # noqa: S301  # what this process wrote a moment ago, in a folder of its own
    return found
