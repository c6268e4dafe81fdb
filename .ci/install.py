"""Install packages into the environment of this Python: by uv where it can be had, which takes seconds, else by pip.

    python .ci/install.py --no-deps -r requirements.txt

uv's version is the one in requirements-dev.txt, and it looks for packages where pip's settings send pip.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements-dev.txt"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
# what pip calls a setting, and what uv calls it
SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}
STRONGER = (":env:", "install", "global")  # of pip's places for a setting, the first that has it


def translate(listed: str) -> dict[str, str]:
    """Return uv's variables for what `pip config list` tells."""
    result = {
        (place, key): value for place, key, value in re.findall(r"^(.+)\.([a-z-]+)='(.*)'$", listed, re.MULTILINE)
    }
    found: dict[str, str] = {}
    for key, name in SETTINGS.items():
        value = next((result[place, key] for place in STRONGER if (place, key) in result), "")
        if words := value.replace("\\n", " ").split():
            found[name] = ("," if key == "find-links" else " ").join(words)
    return found


def install_by_uv(words: list[str]) -> bool:
    """Install, and tell whether it could be done."""
    wanted = re.search(r"^uv==\S+", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if wanted is None or subprocess.run([*PIP, "install", "--quiet", wanted[0]], check=False).returncode:  # noqa: S603  # no shell, and words of our own
        return False
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False).stdout  # noqa: S603  # no shell, and words of our own
    own = {"UV_INDEX_STRATEGY": "unsafe-best-match", **translate(listed)}  # as pip does, of all indexes together
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable, *words]
    return subprocess.run(command, env=own | os.environ, check=False).returncode == 0  # noqa: S603  # no shell, and words of our own


def main() -> None:
    """Install what the words name."""
    words = sys.argv[1:]
    if not install_by_uv(words):
        sys.stdout.write("uv could not do it, so pip does; it takes some minutes\n")
        sys.stdout.flush()
        raise SystemExit(subprocess.run([*PIP, "install", *words], check=False).returncode)  # noqa: S603  # no shell, and words of our own


if __name__ == "__main__":
    main()
