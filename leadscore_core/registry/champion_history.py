"""The history of the champion: who made which model the one in use, when and why, a line each."""

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from leadscore_core._files import append_line

RETIRED = "retire"


def read_changes(path: Path, champion: str | None, in_use: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return changes of the champion, the first first; one that was cut off before it took effect was none.

    Parameters
    ----------
    champion
        The model in use, by which the last change is known to have taken effect.
    in_use
        The models in use of all schemas, by which the last change is known to have taken one out of use.
    """
    found, done = [], set()
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and {"action", "model_id"} <= set(entry):
            found.append(entry)
        elif isinstance(entry, dict):
            done.add(entry.get("done"))

    def took_effect(entry: dict[str, Any]) -> bool:
        name = entry["model_id"]
        return name not in in_use if entry["action"] == RETIRED else name == champion

    last = len(found) - 1
    return [
        entry
        for place, entry in enumerate(found)
        if "key" not in entry or entry["key"] in done or (place == last and took_effect(entry))
    ]


def append_change(path: Path, change: dict[str, Any]) -> None:
    """Write a change down, before it takes effect with a ``key``, and with that key as ``done`` afterwards.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    append_line(path, json.dumps(change))


def past_champions(changes: Iterable[dict[str, Any]]) -> list[str]:
    """Return the models that were in use, the latest first; what was rolled back from or retired is not among them.

    Examples
    --------
    >>> promoted = [{"action": "promote", "model_id": name} for name in ("a", "b", "c")]
    >>> past_champions([*promoted, {"action": "rollback", "model_id": "b"}])
    ['b', 'a']
    >>> past_champions([*promoted, {"action": "retire", "model_id": "c"}])
    ['b', 'a']
    """
    past: list[str] = []
    for change in changes:
        action, name = change["action"], str(change["model_id"])
        if action == RETIRED:
            past = [earlier for earlier in past if earlier != name]
        elif action == "rollback" and name in past:
            del past[len(past) - past[::-1].index(name) :]
        else:
            past.append(name)
    return list(dict.fromkeys(reversed(past)))
