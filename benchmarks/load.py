"""Many people at once on one server: how long their page turns take, what they cost, and that each sees their own.

    python benchmarks/load.py --people 50

Each person has a list of their own, whose leads carry a marker, and one has a list of a million. They open the Leads
page and turn pages, with a pause between as people have it, over the websocket that a browser would speak; a few do it
in real browsers. Then the same again beside a training run, and beside an upload of the million leads. A first round is
not counted, in which pages are cold and browsers draw theirs. When all have left and their sessions are forgotten, all
come a second time, so that memory which is kept for the next can be told from memory that is lost. The last line is
JSON.
"""

import argparse
import asyncio
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from asyncio.subprocess import DEVNULL
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
MARKER = re.compile(rb"Marker\d{4}Q")
FORGOTTEN_AFTER_SECONDS = 130  # Streamlit keeps the session of a closed browser for two minutes
COLLECTED_AFTER_SECONDS = 70  # garbage is collected once a minute
WARM_UP_TURNS = 2


@dataclass(frozen=True)
class Owner:
    """A person, and the list that is theirs."""

    marker: str
    batch_id: str


@dataclass
class Seen:
    """What the people met."""

    turns_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    cross_talk: int = 0
    turns_without_effect: int = 0

    def quantile_ms(self, share: float) -> float:
        """Return a quantile of the page turns."""
        return round(float(np.quantile(self.turns_ms, share)), 1) if self.turns_ms else float("nan")


def keep_lists(people: int, rows: int, large: int, folder: Path) -> list[Owner]:
    """Score and keep a list a person, the last one's large; its leads are written down for an upload, too."""
    from leadscore_core.batches.save import save_batch
    from leadscore_core.data.dataset.open import open_list
    from leadscore_core.data.synthetic import make_sample
    from leadscore_core.registry.registry import load_champion

    model, owners = load_champion(), []
    label = model.schema.label
    for rows_of_it, whose in ((rows, range(people - 1)), (large, range(people - 1, people))):
        for person in whose:
            leads = make_sample(rows_of_it, seed=person).labelled.drop(columns=[label.name] if label else [])
            marker = f"Marker{person:04}Q"
            path = folder / "large.parquet" if rows_of_it == large else folder / "list.parquet"
            leads.assign(full_name=marker + " " + leads["full_name"]).to_parquet(path, index=False)
            batch = save_batch(open_list(path, model.schema), model, name=f"List {person}")
            owners.append(Owner(marker, batch.id))
    return owners


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """Start a dashboard on the lists; give its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(ROOT / "launch.py"), "run", str(ROOT / "app.py")]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--server.headless", "true", "--server.port", str(port)], cwd=ROOT, stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"
            while not _answers(f"{address}/_stcore/health"):
                if server.poll() is not None:
                    raise SystemExit(f"The server ended at its start:\n{(folder / 'server.log').read_text()}")
                time.sleep(0.1)
            yield address, server.pid
        finally:
            server.terminate()
            server.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def memory_mb(process: int) -> float:
    """Return what a process holds in memory, in MiB (Linux)."""
    (line,) = re.findall(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    return int(line) / 1024


class Crowd:
    """The people with their open pages."""

    def __init__(self, address: str, owners: Sequence[Owner], pause: float) -> None:
        self.address, self.owners, self.pause = address, owners, pause
        self.sessions: list[tuple[Owner, object, object]] = []

    async def open(self, stack: AsyncExitStack, seen: Seen) -> None:
        """Open everybody's list."""
        from session_client import open_session

        async def one(owner: Owner) -> None:
            session = await stack.enter_async_context(
                open_session(self.address, "leads", f"batch={owner.batch_id}"),
            )
            answer = await session.run()
            _look(answer.raw, owner, seen)
            self.sessions.append((owner, session, answer))

        await asyncio.gather(*(one(owner) for owner in self.owners))

    async def turn_pages(self, turns: int) -> Seen:
        """Have everybody turn pages, one after the other with a pause between."""
        seen = Seen()
        await asyncio.gather(*(self._turn(place, turns, seen) for place in range(len(self.sessions))))
        return seen

    async def _turn(self, place: int, turns: int, seen: Seen) -> None:
        from streamlit.proto.WidgetStates_pb2 import WidgetState

        chance = random.Random(place)
        for turn in range(turns):
            await asyncio.sleep(chance.expovariate(1 / self.pause))
            owner, session, answer = self.sessions[place]
            (pages,) = answer.all_of("pagination")  # type: ignore[attr-defined]
            wanted = WidgetState(id=pages.id, int_value=2 + (turn + place) % 8)
            try:
                after = await session.run(wanted)  # type: ignore[attr-defined]
            except (RuntimeError, OSError) as error:
                seen.errors.append(f"{owner.marker}: {error}")
                return
            seen.turns_ms.append(1_000 * after.seconds)
            seen.turns_without_effect += _leads(after) == _leads(answer)
            _look(after.raw, owner, seen)
            self.sessions[place] = (owner, session, after)


def _leads(answer: object) -> list[bytes]:
    return [element.SerializeToString() for element in answer.all_of("bidi_component")[:1]]  # type: ignore[attr-defined]


def _look(raw: bytes, owner: Owner, seen: Seen) -> None:
    """Count markers of others, and call it an error if the own one is missing."""
    found = set(MARKER.findall(raw))
    seen.cross_talk += len(found - {owner.marker.encode()})
    if owner.marker.encode() not in found:
        seen.errors.append(f"{owner.marker}: their own leads are not on the page")


async def browse(address: str, owners: Sequence[Owner], turns: int, seen: Seen) -> None:
    """Let a few people turn pages in real browsers; without Chromium there are none."""
    sys.path.insert(0, str(ROOT))
    from playwright.async_api import async_playwright

    from tests.browser.conftest import FLAGS
    from tests.browser.install import find_chromium

    chromium = find_chromium()
    if chromium is None or not owners:
        return
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)

        async def one(owner: Owner) -> None:
            page = await (await browser.new_context(viewport={"width": 1440, "height": 900})).new_page()
            page.set_default_timeout(300_000)
            await page.goto(f"{address}/leads?batch={owner.batch_id}")
            for turn in range(turns):
                await page.get_by_role("button", name=f"Page {turn + 1}", exact=True).first.click()
                await page.wait_for_timeout(2_000)
                await page.locator(".lead").first.wait_for()
                _look(" ".join(await page.locator(".lead").all_inner_texts()).encode(), owner, seen)

        await asyncio.gather(*(one(owner) for owner in owners))
        await browser.close()


async def beside_training(folder: Path, turn: Callable[[], Awaitable[Seen]]) -> Seen:
    """Turn pages while models are trained beside them, as low in priority as runs that are started on Retrain."""
    from leadscore_core.data.synthetic import make_sample
    from leadscore_core.retraining.process import step_back

    labelled = folder / "labelled.csv"
    make_sample(6_000, seed=2).labelled.to_csv(labelled, index=False)
    words = [sys.executable, "-m", "leadscore_core", "train", str(labelled)]
    env = os.environ | {"LEADSCORE_MODELS_DIR": str(folder / "models"), "PYTHONPATH": str(ROOT)}
    turning = asyncio.create_task(turn())
    while not turning.done():  # one training after the other
        training = await asyncio.create_subprocess_exec(
            *words, env=env, stdout=DEVNULL, stderr=DEVNULL, preexec_fn=step_back
        )
        ended = asyncio.create_task(training.wait())
        await asyncio.wait({turning, ended}, return_when=asyncio.FIRST_COMPLETED)
        if training.returncode is None:
            training.kill()
        if await ended > 0:
            raise SystemExit(f"The training beside the pages ended with {training.returncode}")
    return await turning


async def beside_upload(address: str, file: Path, turn: Callable[[], Awaitable[Seen]]) -> tuple[Seen, float]:
    """Turn pages while somebody uploads a file and has it scored; return the seconds of that, too."""
    from session_client import open_session

    async with open_session(address) as session:
        (place,) = (await session.run()).all_of("file_uploader")
        started = time.perf_counter()
        upload = asyncio.create_task(session.upload(place.id, file))
        seen = await turn()
        if upload.done():
            sys.stderr.write("The upload had ended before the last page was turned\n")
        await upload
        return seen, time.perf_counter() - started


async def measure(asked: argparse.Namespace, folder: Path, owners: list[Owner]) -> dict[str, object]:
    """Serve the lists, let the people in, and return the figures."""
    from session_client import open_session

    sockets, in_browsers = owners[asked.browsers :], owners[: asked.browsers]
    with serving(folder) as (address, process):
        async with open_session(address, "leads", f"batch={owners[0].batch_id}") as session:
            await session.run()
        memory, opened = {"before": memory_mb(process)}, Seen()

        async def leave(wave: str) -> None:
            memory[f"closed{wave}"] = memory_mb(process)
            await asyncio.sleep(asked.settle)
            async with open_session(address) as session:  # whoever comes next has forgotten sessions cleared away
                await session.run()
            await asyncio.sleep(min(asked.settle, COLLECTED_AFTER_SECONDS))
            memory[f"after{wave}"] = memory_mb(process)

        async with AsyncExitStack() as stack:
            crowd, started = Crowd(address, sockets, asked.pause), time.perf_counter()
            await crowd.open(stack, opened)
            open_s = time.perf_counter() - started
            memory["open"] = memory_mb(process)
            browsing = asyncio.create_task(browse(address, in_browsers, asked.turns, opened))
            warm_up = await crowd.turn_pages(min(WARM_UP_TURNS, asked.turns))
            await browsing  # which share the two cores with the server they ask
            quiet = await crowd.turn_pages(asked.turns)
            training = await beside_training(folder, lambda: crowd.turn_pages(asked.turns))
            upload, upload_s = await beside_upload(
                address, folder / "large.parquet", lambda: crowd.turn_pages(asked.turns)
            )
        await leave("")
        async with AsyncExitStack() as stack:
            crowd = Crowd(address, sockets, asked.pause)
            await crowd.open(stack, opened)
            again = await crowd.turn_pages(min(WARM_UP_TURNS, asked.turns))
        await leave("_again")
    rounds = (opened, warm_up, quiet, training, upload, again)
    return {
        "people": asked.people,
        "rows": asked.rows,
        "large_rows": asked.large,
        "browsers": len(in_browsers),
        "turns": sum(len(one.turns_ms) for one in rounds),
        "pause_s": asked.pause,
        "errors": [error for one in rounds for error in one.errors],
        "cross_talk": sum(one.cross_talk for one in rounds),
        "turns_without_effect": sum(one.turns_without_effect for one in rounds),
        "open_all_s": round(open_s, 1),
        "p50_ms": quiet.quantile_ms(0.5),
        "p95_ms": quiet.quantile_ms(0.95),
        "p95_training_ms": training.quantile_ms(0.95),
        "p95_upload_ms": upload.quantile_ms(0.95),
        "p95_training_ratio": round(training.quantile_ms(0.95) / quiet.quantile_ms(0.95), 2),
        "p95_upload_ratio": round(upload.quantile_ms(0.95) / quiet.quantile_ms(0.95), 2),
        "upload_s": round(upload_s, 1),
        "mb_per_session": round((memory["open"] - memory["before"]) / max(1, len(sockets)), 2),
        **{f"mb_{moment}": round(size) for moment, size in memory.items()},
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Keep the lists in one process, serve them from another, and drive the people from this one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--rows", type=int, default=40_000, help="Leads of each person's list.")
    parser.add_argument("--large", type=int, default=1_000_000, help="Leads of the last person's list.")
    parser.add_argument("--turns", type=int, default=10, help="Pages that each person turns in each round.")
    parser.add_argument("--pause", type=float, default=10.0, help="Mean seconds between two turns of a person.")
    parser.add_argument("--browsers", type=int, default=3, help="How many of the people use a real browser.")
    parser.add_argument("--settle", type=float, default=FORGOTTEN_AFTER_SECONDS, help=argparse.SUPPRESS)
    parser.add_argument("--keep-in", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if asked.keep_in:
        owners = keep_lists(asked.people, asked.rows, asked.large, asked.keep_in)
        sys.stdout.write(json.dumps([[owner.marker, owner.batch_id] for owner in owners]))
        return
    with tempfile.TemporaryDirectory(prefix="leadscore-load-") as name:
        folder = Path(name)
        os.environ |= {"LEADSCORE_DATA_DIR": str(folder / "data"), "LEADSCORE_TRACKING_URI": "off"}
        kept = subprocess.run(
            [sys.executable, __file__, *sys.argv[1:], "--keep-in", name], stdout=subprocess.PIPE, check=True
        )
        owners = [Owner(*words) for words in json.loads(kept.stdout)]
        result = asyncio.run(measure(asked, folder, owners))
    sys.stdout.write(f"{json.dumps(result)}\n")


if __name__ == "__main__":
    main()
