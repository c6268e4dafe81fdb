"""Clusters: Dask's workers, on this machine where no scheduler is named."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from distributed import Client, LocalCluster, WorkerPlugin
from joblib import cpu_count

from leadscore_core.errors import LeadScoreError

PATIENCE_SECONDS = 20


@contextmanager
def connect(scheduler: str | None = None, *, workers: int | None = None) -> Iterator[Client]:
    """Connect to a scheduler, or start workers on this machine, one a core; they are gone afterwards.

    Parameters
    ----------
    scheduler
        Address, for instance ``tcp://10.0.0.5:8786``.
    workers
        How many to start where no scheduler is named.

    Raises
    ------
    LeadScoreError
        If no scheduler answers, it has no workers, or they lack LeadScore.
    """
    if scheduler is None:
        with (
            LocalCluster(
                n_workers=workers or cpu_count(),
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            client.register_plugin(_Mute())
            yield client
        return
    try:
        client = Client(scheduler, timeout=PATIENCE_SECONDS)
    except (OSError, TimeoutError, TypeError, ValueError) as error:
        raise LeadScoreError(
            f"No Dask scheduler answers at {scheduler}. Start one with: dask scheduler, and workers with: dask worker "
            f"{scheduler}; or leave out --scheduler to use this machine's cores."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        except TimeoutError as error:
            raise LeadScoreError(
                f"The scheduler at {scheduler} has no workers. Start some with: dask worker {scheduler}"
            ) from error
        _check_workers(client, scheduler)
        yield client


class _Mute(WorkerPlugin):
    """Closes the standard output of workers of ours: LightGBM's network writes there, and it may be for JSON."""

    def setup(self, worker: object) -> None:
        """Point it to nowhere."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _check_workers(client: Client, scheduler: str) -> None:
    """Raise if a worker has no LeadScore of this version to work with."""
    result = client.run(_own_version, on_error="return")
    lacking = [str(worker) for worker, answer in result.items() if answer != _own_version()]
    if lacking:
        raise LeadScoreError(
            f"{len(lacking)} of {len(result)} workers at {scheduler} lack LeadScore {_own_version()}, {lacking[0]} "
            "among them. Install the same version of it there as here."
        )


def _own_version() -> str:
    import leadscore_core.pipelines.training  # noqa: F401

    return version("leadscore")
