"""A coverage-guided fuzzer of what reads files: whatever the bytes, a list is read or one message says what is wrong.

    python -m tests.fuzz.readers SECONDS [FOLDER]

starts from the corpus beside it, and writes what it found into FOLDER, what failed as ``crash-*``. What failed once is
kept in ``found`` and read again by every test run.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
CORPUS, FOUND = HERE / "corpus", HERE / "found"
LONGEST, SECONDS_A_FILE, MOST_MB = 20_000, 20, 2_000


def read_bytes(content: bytes, scratch: Path) -> str:
    """Read bytes as `leadscore score` reads a list; return what was said of them, nothing if they could be read.

    Anything but a `LeadScoreError` is a fault of ours, and is raised.
    """
    from leadscore_core.config import Settings
    from leadscore_core.data.cleaning.cleaner import clean_leads
    from leadscore_core.data.dataset.open import open_list
    from leadscore_core.data.reading.keep_open import files_kept_open
    from leadscore_core.errors import LeadScoreError
    from tests.read_any_file import SCHEMA

    path = scratch / "leads.csv"
    path.write_bytes(content)
    try:
        with files_kept_open():
            leads = open_list(path, SCHEMA, settings=Settings(data_dir=scratch / "kept"))
            frame = pd.concat(leads.chunks(), ignore_index=True)
        clean_leads(leads.mapping.apply(frame, SCHEMA), SCHEMA)
    except LeadScoreError as error:
        return str(error) or "nothing was said"
    return ""


def main() -> None:
    """Fuzz for so many seconds; a fault ends the process with the file that caused it."""
    import atheris

    seconds, folder = int(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=["leadscore_core"]):
        import leadscore_core.data.cleaning.cleaner
        import leadscore_core.data.dataset.open  # noqa: F401
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)

        def one(content: bytes) -> None:
            read_bytes(content, place)

        options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={SECONDS_A_FILE}"]
        options += [f"-rss_limit_mb={MOST_MB}", f"-artifact_prefix={folder}/", "-print_final_stats=1", "-verbosity=0"]
        atheris.Setup([sys.argv[0], *options, str(folder), str(CORPUS)], one)
        with contextlib.suppress(KeyboardInterrupt):
            atheris.Fuzz()


if __name__ == "__main__":
    main()
