"""Champions on disk: the model in use of each schema, and the history of who changed it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from leadscore_core._files import write_text
from leadscore_core.errors import RegistryError
from leadscore_core.registry.champion_history import RETIRED, append_change, past_champions, read_changes
from leadscore_core.registry.model_audit import Noting, not_noted

CHAMPION, CHAMPIONS, HISTORY = "champion", "champions", "champion_history.jsonl"
LOCK = ".promotion.lock"


class ChampionFiles:
    """Which model of each schema is in use, in the files of a models directory.

    ``champion`` names the model that was put to use last; ``champions`` has a line for each schema with its name and
    its model, once there is more than one. A change takes effect when ``champion`` is replaced, so that what stands in
    ``champions`` of that model's schema never counts beside it.

    Parameters
    ----------
    root
        The models directory; it need not exist yet.
    schema_of
        Returns the name of a model's schema, or "" where that cannot be read.
    noting
        Writes changes down elsewhere than in the history here.
    """

    def __init__(self, root: Path, schema_of: Callable[[str], str], noting: Noting = not_noted) -> None:
        self.root, self._schema_of, self._noting = root, schema_of, noting

    @property
    def last(self) -> str | None:
        """The model that was put to use last, or None."""
        path = self.root / CHAMPION
        return path.read_text(encoding="utf-8", errors="replace").strip() or None if path.is_file() else None

    def in_use(self) -> dict[str, str]:
        """Return schema name -> model in use, that of the last change first; "" names a schema that is not known."""
        last = self.last
        if last is None:
            return {}
        listed = self._listed()
        schema = next((s for s, model_id in listed.items() if model_id == last), None) or self._schema_now(last)
        return {schema: last} | {s: model_id for s, model_id in listed.items() if s != schema}

    def changes(self, schema: str = "") -> list[dict[str, Any]]:
        """Return the changes that took effect, the first first, each with the name of its ``schema``.

        Parameters
        ----------
        schema
            Whose changes, with those of models of which it is not known; all if not given.
        """
        found = read_changes(self.root / HISTORY, self.last, self.in_use().values())
        known = [{"schema": self._schema_of(str(change["model_id"]))} | change for change in found]
        return [change for change in known if not schema or change["schema"] in (schema, "")]

    def earlier(self, schema: str) -> list[str]:
        """Return a schema's past champions, the latest first; what was rolled back from or retired is none."""
        present = self.in_use().get(schema)
        return [name for name in past_champions(self.changes(schema)) if name != present]

    def move(self, schema: str, model_id: str, entry: dict[str, str]) -> None:
        """Put a model to use for its schema, and write down who did it and why; the other schemas keep theirs.

        Raises
        ------
        RegistryError
            If somebody else is changing champions, or the directory cannot be written; nothing is changed then.
        """
        with self._changing(f"{model_id} could not be promoted"):
            now = self.in_use()
            with self._written_down(schema, model_id, now, entry, CHAMPION):
                after = {schema: model_id} | {s: other for s, other in now.items() if s != schema}
                if len(after) > 1:
                    self._list(now)
                write_text(self.root / CHAMPION, model_id + "\n")
                if len(after) > 1:
                    self._list(after)

    def retire(self, schema: str, entry: dict[str, str]) -> str:
        """Take a schema's model out of use, write down who did it and why, and return its name; the others keep theirs.

        Raises
        ------
        RegistryError
            If no model of it is in use, somebody else is changing champions, or the directory cannot be written;
            nothing is changed then.
        """
        with self._changing(f"The model of {schema!r} could not be taken out of use"):
            now = self.in_use()
            if schema not in now:
                named = ", ".join(name for name in now if name) or "none"
                raise RegistryError(
                    f"No model of {schema!r} is in use, so none can be taken out of use. Models are in use of: {named}."
                )
            changed = CHAMPION if self.last == now[schema] else CHAMPIONS
            with self._written_down(schema, now[schema], now, entry | {"action": RETIRED}, changed):
                after = {name: model_id for name, model_id in now.items() if name != schema}
                if self.last == now[schema]:
                    self._list(now if after else {})
                    self._put_last(next(iter(after.values()), None))
                self._list(after)
        return now[schema]

    @contextmanager
    def _changing(self, what_failed: str) -> Iterator[None]:
        """Let nobody else change champions meanwhile, and say in words why a change could not be made."""
        try:
            with FileLock(self.root / LOCK, timeout=30):
                yield
        except Timeout:
            raise RegistryError(
                f"Somebody else is changing the champion in {self.root}. The champion is unchanged; try again."
            ) from None
        except OSError as error:
            raise RegistryError(
                f"{what_failed}: {self.root} cannot be written ({error.strerror}). The champion is unchanged."
            ) from error

    @contextmanager
    def _written_down(
        self, schema: str, model_id: str, now: dict[str, str], entry: dict[str, str], changed: str
    ) -> Iterator[None]:
        """Write a change of a file into the history before it is made, and that it was made afterwards."""
        at, key = datetime.now(UTC).isoformat(timespec="seconds"), uuid.uuid4().hex
        change = {"at": at, "schema": schema, "model_id": model_id} | entry
        append_change(self.root / HISTORY, change | {"before": now.get(schema), "key": key})
        with self._noting(entry["action"], model_id, self.root / changed):
            yield
            append_change(self.root / HISTORY, {"done": key})

    def _put_last(self, model_id: str | None) -> None:
        if model_id is None:
            (self.root / CHAMPION).unlink()
        else:
            write_text(self.root / CHAMPION, model_id + "\n")

    def _schema_now(self, model_id: str) -> str:
        """Return the name of a model's schema, also where its metadata are damaged and its promotion said it."""
        said = [change for change in read_changes(self.root / HISTORY, model_id) if change["model_id"] == model_id]
        return self._schema_of(model_id) or (str(said[-1].get("schema", "")) if said else "")

    def _listed(self) -> dict[str, str]:
        path = self.root / CHAMPIONS
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
        pairs = (line.split() for line in lines)
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}

    def _list(self, champions: dict[str, str]) -> None:
        lines = (f"{schema} {model_id}\n" for schema, model_id in champions.items() if schema)
        write_text(self.root / CHAMPIONS, "".join(lines))
