"""How soon a list can be brought after the dashboard is started, beside a bare Streamlit page with an upload.

    python benchmarks/first_page.py --turns 5

A headless Chromium that is open already asks for the page as soon as the server listens. The contenders take turns,
each with a new server and a new browser context; compiled modules and files stay cached. The last line is JSON.
"""

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.browser.conftest import FLAGS  # noqa: E402  the project's root is found on the line above
from tests.browser.install import find_chromium  # noqa: E402

BARE = """import streamlit as st
st.title("Score leads")
st.file_uploader("Lead list")
"""


def once(browser: Browser, command: list[str], data: Path) -> float:
    """Return the seconds from the server's start until title and upload can be used."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    started = time.perf_counter()
    server = subprocess.Popen(
        [*command, "--server.headless", "true", "--server.port", str(port)],
        cwd=ROOT,
        env=os.environ | {"LEADSCORE_DATA_DIR": str(data), "LEADSCORE_TRACKING_URI": "off"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit(f"The server ended at its start: {' '.join(command)}") from None
                time.sleep(0.02)
        page.goto(f"http://127.0.0.1:{port}")
        page.get_by_role("heading", name="Score leads").first.wait_for()
        page.get_by_test_id("stFileUploaderDropzone").wait_for()
        return time.perf_counter() - started
    finally:
        page.context.close()
        server.terminate()
        server.wait()


def main() -> None:
    """Let both take turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("No Chromium or Chrome is installed. Run: python tests/browser/install.py")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, encoding="utf-8")
        commands = {
            "leadscore": [sys.executable, str(ROOT / "launch.py"), "run", str(ROOT / "app.py")],
            "bare": [sys.executable, "-m", "streamlit", "run", str(bare)],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for _ in range(turns):
            for name, command in commands.items():
                seconds[name].append(once(browser, command, Path(folder) / "data"))
        browser.close()
    ours, least = (statistics.median(seconds[name]) for name in ("leadscore", "bare"))
    result = {"leadscore_s": ours, "bare_s": least, "ratio": ours / least}
    lowest, highest = min(seconds["leadscore"]), max(seconds["leadscore"])
    said = (
        f"First page {ours:.1f} s ({lowest:.1f} to {highest:.1f}), a bare page {least:.1f} s: {ours / least:.2f} times"
    )
    figures = {name: round(value, 2) for name, value in result.items()} | {"machine": platform.platform()}
    sys.stdout.write(f"{said}\n{json.dumps(figures)}\n")


if __name__ == "__main__":
    main()
