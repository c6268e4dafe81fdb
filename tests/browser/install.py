"""Make sure that a Chromium is there for the browser tests; say what is missing if there can be none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome, or of Playwright's own."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    if MAC.is_file():
        return str(MAC)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).is_file() else None


def _run(*command: str, seconds: int = 600) -> bool:
    sys.stdout.write(f"Trying: {' '.join(command)}\n")
    sys.stdout.flush()
    try:
        return subprocess.run(command, timeout=seconds, check=False, stdout=subprocess.DEVNULL).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install_chromium() -> bool:
    """Install a Chromium by Playwright, else by the system's packages; tell whether one is there."""
    if _run(sys.executable, "-m", "playwright", "install", "chromium", seconds=300) and find_chromium():
        return True
    if shutil.which("apt-get") and (os.geteuid() == 0 or shutil.which("sudo")):
        rights = () if os.geteuid() == 0 else ("sudo", "-n")
        _run(*rights, "apt-get", "update")
        _run(*rights, "apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-liberation")
    return find_chromium() is not None


if __name__ == "__main__":
    if not find_chromium() and not install_chromium():
        sys.exit(
            "The browser tests need Chromium or Chrome. On Debian: apt install chromium; elsewhere: install Google "
            "Chrome."
        )
