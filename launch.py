"""Start the dashboard so that a bookmark of any page opens through app.py, also on a fresh server.

It does not start where others than this machine could open it without signing in, unless ``--insecure`` says so.
"""

import ctypes
import gc
import importlib
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from streamlit.runtime import Runtime, RuntimeState
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import bootstrap
from streamlit.web.cli import main

from leadscore_core._files import remove_left_behind
from pages.shared.exposure import INSECURE, allow_insecure, exposure_problem

FIRST_PAGE_NEEDS = ("pages.shared.sidebar", "pages.shared.upload_form")  # no more: the first page would wait for it
TIDY_AFTER = 5  # seconds, in which the first page comes
COLLECT_EVERY = 60  # seconds
ARENA_MAX, MMAP_THRESHOLD = -8, -3  # names of glibc's mallopt
RARELY = (100_000, 20, 50)  # what libraries make while they load stays; looking for garbage meanwhile takes a third


def is_listening() -> bool:
    """Tell whether the server takes browsers."""
    try:
        return Runtime.instance().state is not RuntimeState.INITIAL
    except (RuntimeError, AttributeError):  # not made yet, or half made
        return False


def warm() -> None:
    """Load what the first page needs while the browser loads the dashboard's own files, then whom the lists know."""
    while not is_listening():
        time.sleep(0.01)
    for name in FIRST_PAGE_NEEDS:
        importlib.import_module(name)
    find_people()
    gc.collect()
    gc.freeze()  # what was imported stays, and is not looked through again


def of_glibc(name: str) -> Any:
    """Return a function of the C library, None where there is none."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def keep_memory_together() -> None:
    """Have glibc keep two heaps for all threads, and give large blocks back at once.

    Each thread has one of its own else, of which what 50 people have left behind fills a part each.
    """
    set_option = of_glibc("mallopt")
    if set_option is not None:
        set_option(ARENA_MAX, 2)
        set_option(MMAP_THRESHOLD, 2**20)


def collect_garbage() -> NoReturn:
    """Free what sessions have left behind, now and then, and give memory back that libraries keep for themselves."""
    while not is_listening():
        time.sleep(0.01)
    gc.freeze()
    give_back = of_glibc("malloc_trim")
    while True:
        time.sleep(COLLECT_EVERY)
        gc.collect()
        if give_back is not None:
            give_back(0)
        if "pyarrow" in sys.modules:
            sys.modules["pyarrow"].default_memory_pool().release_unused()


def find_people() -> None:
    """Find who is who on the newest lists; what cannot be read is said to whoever opens it."""
    from leadscore_core.access.person import acting_as, machine_person
    from leadscore_core.batches.known_people import match_newest
    from leadscore_core.config import load_settings
    from leadscore_core.errors import LeadScoreError

    with suppress(LeadScoreError, OSError), acting_as(machine_person("app")):
        match_newest(load_settings())


def tidy() -> None:
    """Remove what a killed process left and what is due, and check the database, once browsers are served."""
    while not is_listening():
        time.sleep(0.01)
    time.sleep(TIDY_AFTER)
    remove_left_behind(Path(tempfile.gettempdir()))
    check = importlib.import_module("leadscore_core.upkeep.database_check").check_daily
    threading.Thread(target=check, name="check", daemon=True).start()
    importlib.import_module("leadscore_core.batches.retention").remove_due_daily()


def start(*words: Any, **options: Any) -> None:
    """Run the server, unless it would be open to people who need not sign in."""
    problem = exposure_problem()
    if problem:
        sys.stderr.write(f"Error: {problem}\n")
        sys.exit(2)
    threading.Thread(target=tidy, name="tidy", daemon=True).start()
    threading.Thread(target=collect_garbage, name="collect garbage", daemon=True).start()
    run(*words, **options)


if __name__ == "__main__":
    keep_memory_together()
    gc.set_threshold(*RARELY)
    if INSECURE in sys.argv:
        sys.argv.remove(INSECURE)
        allow_insecure()
    run, bootstrap.run = bootstrap.run, start  # once all settings are read, whichever way they were given
    PagesManager.uses_pages_directory = False  # else, until app.py ran once, bookmarks are sought among pages/*.py
    sys.setswitchinterval(0.0005)  # answer a browser among imports, which hold Python's lock
    threading.Thread(target=warm, name="warm", daemon=True).start()
    main()
