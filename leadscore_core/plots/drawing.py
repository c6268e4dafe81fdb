"""The process that draws images: ``python -m leadscore_core.plots.drawing`` with an order as JSON on standard input.

The browser that draws may hang or die at any moment, after which what waits for it waits for ever; a process can be
ended, a thread of a server cannot. The order has ``figures`` (each with ``figure`` and ``options``) and ``seconds``.
The answer is a JSON list of images in base64, or exit code 1 where the browser failed.
"""

import asyncio
import base64
import json
import os
import signal
import sys
from typing import Any


def main() -> None:
    """Draw what standard input asks for; where that takes too long, end the browser and then this process."""
    order = json.load(sys.stdin)
    from choreographer.errors import BrowserFailedError, ChromeNotFoundError
    from kaleido import Kaleido

    kaleido = Kaleido(n=1, timeout=order["seconds"], mathjax=False)

    def give_up(*_: object) -> None:
        browser = getattr(kaleido, "subprocess", None)  # in a session of its own
        if browser is not None and browser.poll() is None:
            os.killpg(browser.pid, signal.SIGKILL)
        os._exit(1)

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(order["seconds"])  # also where whoever asked is gone
    try:
        drawn = asyncio.run(_draw(kaleido, order["figures"]))
    except (BrowserFailedError, ChromeNotFoundError, OSError, TimeoutError, RuntimeError):
        give_up()
    json.dump([base64.b64encode(image).decode("ascii") for image in drawn], sys.stdout)


async def _draw(kaleido: Any, figures: list[dict[str, Any]]) -> list[bytes]:
    async with kaleido:
        return [await kaleido.calc_fig(one["figure"], opts=one["options"]) for one in figures]


if __name__ == "__main__":
    main()
