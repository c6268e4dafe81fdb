"""A real server and a real browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.install import find_chromium
from tests.paths import ROOT

# of Chromium's features these are off: Playwright's own, since the last such flag counts alone, ...
PLAYWRIGHTS = (
    "AvoidUnnecessaryBeforeUnloadCheckSync DestroyProfileOnBrowserClose HttpsUpgrades "
    "HttpsFirstBalancedModeAutoEnable LensOverlay MediaRouter PaintHolding ThirdPartyStoragePartitioning "
    "AvoidCorsURLLoaderRestartOnRedirect TcpPortRandomizationWin OptimizationHints NetworkTimeServiceQuerying "
    "AimEnabled PreconnectToSearch msForceBrowserSignIn msEdgeUpdateLaunchServicesPreferredVersion"
)
# ... and what each new context would draw for nobody: the address bar's lists, and a page before it is asked for
UNSEEN = "WebUIOmniboxPopup WebUIOmniboxAimPopup WebUIOmniboxFullPopup SpareRendererForSitePerProcess"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join((PLAYWRIGHTS + ' ' + UNSEEN).split())}",
    "--js-flags=--no-opt --no-maglev",  # no page lives long enough to be worth the compiling
]

# when something was last pressed or written on the page, and when a run of its script last began and ended
WATCH = """(() => {
  const at = window.leadscore = {acted: 0, began: -1, ended: 0};
  for (const kind of ['click', 'pointerup', 'keydown', 'keyup', 'input', 'change'])
    addEventListener(kind, () => { at.acted = performance.now(); }, true);
  new MutationObserver(() => {
    const app = document.querySelector('[data-testid=stApp]');
    if (!app || app.dataset.testScriptState === at.state) return;
    at.state = app.dataset.testScriptState;
    at[at.state === 'notRunning' ? 'ended' : 'began'] = performance.now();
  }).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ['data-test-script-state']});
})()"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.fail("No Chromium or Chrome is installed. Run: python tests/browser/install.py")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        plain = browser.new_context

        def watched(**words: Any) -> BrowserContext:
            context = plain(**words)
            context.add_init_script(WATCH)
            return context

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(browser, "new_context", watched)
            yield browser
        browser.close()


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard with the shipped model, as `make app` starts it, on a free port."""
    data = tmp_path_factory.mktemp("dashboard")
    yield from serve(data, os.environ | {"LEADSCORE_DATA_DIR": str(data)})


def serve(folder: Path, env: dict[str, str]) -> Iterator[str]:
    """Start a dashboard of its own, give its address, and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        str(ROOT / "launch.py"),
        "run",
        str(ROOT / "app.py"),
        "--server.headless",
        "true",
        "--server.port",
        str(port),
    ]
    log = folder / "server.log"
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT)
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"the dashboard did not start:\n{log.read_text()}")
