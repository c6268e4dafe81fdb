"""Measure every speed on this machine, and put the table into docs/benchmarks.md: make bench.

    python benchmarks/speed.py [--turns 3] [--pycaret PYTHON] [--page docs/benchmarks.md]

The benchmarks run one after the other, each in a process of its own; what stands between the page's two marks is
replaced.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from tests.browser.install import find_chromium  # noqa: E402  the project's root is found on the line above

BEGIN, END = "<!-- make bench writes from here -->\n", "<!-- to here -->\n"
_LIBRARIES = ("lightgbm", "pandas", "pyarrow", "duckdb", "shap")


def measured(name: str, *words: str) -> dict[str, Any]:
    """Run a benchmark, and return what its last line tells."""
    sys.stdout.write(f"{name} {' '.join(words)}\n")
    sys.stdout.flush()
    done = subprocess.run([sys.executable, str(HERE / name), *words], stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def machine() -> str:
    """Say what was measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    memory = ""
    if hasattr(os, "sysconf"):
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1024**3:.0f} GB"
    return (
        f"{datetime.now(UTC):%d %B %Y}: {os.cpu_count()} cores ({model or platform.machine()}){memory}, "
        f"{platform.system()}, Python {platform.python_version()}, {libraries}."
    )


def table(
    score: dict[str, Any],
    reasons: dict[str, Any],
    leads: dict[str, Any],
    sources: dict[str, Any],
    first: dict[str, Any] | None,
    reruns: dict[str, Any],
) -> str:
    """Return the figures of the benchmarks as a table in Markdown; the first page's may be missing."""
    pycaret = score["pycaret_rows_per_s"]
    rows = [
        ("what", "LeadScore", "beside it"),
        ("---", "---", "---"),
        (
            f"score {score['rows']:,} leads, file to file",
            f"{score['seconds']:.1f} s, {score['rows_per_s']:,} leads/s, {score['peak_mb']:,} MB",
            f"the bare limit {score['limit_seconds']:.1f} s: {score['ratio_to_limit']:.2f} times",
        ),
        (
            "",
            "",
            f"pandas and the plain pipeline {score['plain_seconds']:.1f} s, {score['plain_peak_mb']:,} MB: "
            f"{score['speedup_vs_plain']:.1f} times as fast",
        ),
        (
            "",
            "",
            "PyCaret's `predict_model` was not there"
            if pycaret is None
            else f"PyCaret's `predict_model`, of a ready frame, {pycaret:,} leads/s: "
            f"{score['speedup_vs_pycaret']:.1f} times as fast",
        ),
        (
            f"reasons for {reasons['rows']:,} leads",
            f"{reasons['rows_per_s']:,} leads/s, in words {reasons['rows_per_s_with_words']:,}",
            f"shap's TreeExplainer {reasons['shap_rows_per_s']:,} leads/s: {reasons['speedup_vs_shap']:.0f} times as "
            f"fast; LightGBM's own {reasons['lightgbm_rows_per_s']:,}; "
            f"largest difference {reasons['max_abs_diff']:.0e}",
        ),
        (
            "from start to the first page",
            "no Chromium was there" if first is None else f"{first['leadscore_s']:.1f} s",
            "" if first is None else f"a bare Streamlit page {first['bare_s']:.1f} s: {first['ratio']:.2f} times",
        ),
        (
            "a page run anew, the sample's 1,000 leads open",
            ", ".join(f"{page} {ms:.0f}" for page, ms in reruns["ms"].items()) + " ms",
            "",
        ),
        (
            f"Leads page, {leads['rows']:,} leads",
            f"open {leads['open_ms']:.0f} ms, a page {leads['page_ms']:.0f}, filter {leads['filter_ms']:.0f}, sort "
            f"{leads['sort_ms']:.0f}, search {leads['search_ms']:.0f}",
            f"the bare DuckDB query over the same file: a page {leads['page_ratio']:.2f} times, sort "
            f"{leads['sort_ratio']:.2f}, search {leads['search_ratio']:.2f}; {leads['rss_mb']:,.0f} MB",
        ),
        (
            f"Sources page, {sources['rows']:,} leads",
            f"whole with its slowest section {sources['page_ms']:,.0f} ms",
            f"the bare DuckDB query over the same file: a grouping at most {sources['group_ratio']:.2f} times; "
            f"{sources['rss_mb']:,.0f} MB; pandas only loads the columns in {sources['pandas_load_ms']:.0f} ms and "
            f"groups them in {sources['pandas_group_ms']:.0f}",
        ),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def put_into(page: Path, text: str) -> None:
    """Replace what stands between the marks of a page.

    Raises
    ------
    ValueError
        If the page has not both marks; it is unchanged then.
    """
    before = page.read_text(encoding="utf-8")
    if BEGIN not in before or END not in before:
        raise ValueError(f"{page} lacks the lines {BEGIN.strip()} and {END.strip()}")
    head, rest = before.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    page.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", encoding="utf-8")


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=3, help="how often each contender scores")
    parser.add_argument("--pycaret", default=os.environ.get("PYCARET_PYTHON", ""), help="python that has PyCaret")
    parser.add_argument("--page", type=Path, default=HERE.parent / "docs" / "benchmarks.md")
    asked = parser.parse_args()
    rows = str(asked.rows)
    score = measured("score_speed.py", "--rows", rows, "--turns", str(asked.turns), "--pycaret", asked.pycaret)
    reasons = measured("reasons_speed.py", "--rows", str(min(100_000, asked.rows)))
    first = measured("first_page.py") if find_chromium() is not None else None
    reruns = measured("reruns.py")
    leads, sources = (measured(f"{page}_page.py", "--rows", rows) for page in ("leads", "sources"))
    result = table(score, reasons, leads, sources, first, reruns)
    put_into(asked.page, f"{machine()}\n\n{result}")
    sys.stdout.write(result)


if __name__ == "__main__":
    main()
