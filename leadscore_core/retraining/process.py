"""The process of a run: it holds the lock of the run's folder as long as it lives, however it ends.

The lock is taken before the process starts and handed on to it, so there is no moment without it; the system gives it
back when the process is gone. The process's number stands in the lock's file and counts only while the lock is held: a
number alone may by now belong to a stranger.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PROCESS = "process.lock"
_PATIENCE_S = 5.0
_started: list[subprocess.Popen[bytes]] = []
_NICE = 10


def step_back() -> None:
    """Let people who wait for a page go first: from now on this process works with low priority."""
    if hasattr(os, "nice"):
        os.nice(_NICE)


def start_process(folder: Path, words: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str]) -> None:
    """Start a process that goes on when this one ends and that holds the folder's lock until it ends itself.

    Parameters
    ----------
    words
        The command and its arguments.
    log
        The file that takes what it says.

    Raises
    ------
    OSError
        If it cannot be started or its number cannot be written down; nothing runs then.
    """
    _reap()
    lock = os.open(folder / PROCESS, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with log.open("wb") as out:
            child = subprocess.Popen(  # noqa: S603  # no shell, and words of our own
                words,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(lock,),
            )
        _started.append(child)
        try:
            os.pwrite(lock, str(child.pid).encode("ascii"), 0)
        except OSError:
            child.kill()
            child.wait()
            raise
    finally:
        os.close(lock)


def is_running(folder: Path) -> bool:
    """Tell whether the process that was started in this folder is still there."""
    _reap()
    try:
        lock = os.open(folder / PROCESS, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def running_process(folder: Path) -> int | None:
    """Return the number of the process that was started in this folder, or None if it is gone."""
    if not is_running(folder):
        return None
    try:
        return int((folder / PROCESS).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def stop_process(folder: Path) -> bool:
    """End the process of this folder with all that it started, and return whether it is gone."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        pid = running_process(folder)
        if pid is not None:
            with suppress(ProcessLookupError, PermissionError):  # it may have ended by itself
                os.killpg(pid, how)
        deadline = time.monotonic() + _PATIENCE_S
        while is_running(folder) and time.monotonic() < deadline:
            time.sleep(0.02)
    return not is_running(folder)


def _reap() -> None:
    """Take leave of processes that have ended, so that none stays behind as a zombie."""
    _started[:] = [child for child in _started if child.poll() is None]
