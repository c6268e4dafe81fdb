"""Remembered mappings: what a person chose for files with the same headers."""

import json
from collections.abc import Mapping
from pathlib import Path

from leadscore_core._files import write_text
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.data.cleaning.date_order import ORDER_WORDS, DateOrder
from leadscore_core.data.cleaning.numbers import DecimalMark
from leadscore_core.data.schema.column_mapping import Choice, ColumnMapping, fingerprint, headers_chosen
from leadscore_core.errors import LeadScoreError


class MappingStore:
    """Choices of columns, one small JSON file for each schema and set of headers.

    Parameters
    ----------
    data_dir
        The data directory; it need not exist yet.
    """

    def __init__(self, data_dir: Path) -> None:
        self.folder = Path(data_dir) / "mappings"

    def recall(self, mapping: ColumnMapping) -> ColumnMapping:
        """Return the mapping with what was chosen for these headers before, if anything was and can be read."""
        try:
            choices = json.loads(self._path(mapping).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return mapping
        if not isinstance(choices, dict):
            return mapping
        known = {match.column for match in mapping.matches}
        result = {column: tuple(h) if isinstance(h, list) else h for column, h in choices.items() if column in known}
        return mapping.corrected({c: h for c, h in result.items() if set(headers_chosen(h)) <= set(mapping.headers)})

    def remember(self, mapping: ColumnMapping, choices: Mapping[str, Choice]) -> None:
        """Keep a person's choices for files with the same headers; atomic.

        Parameters
        ----------
        choices
            Schema column -> header, several headers that mean the same, or None for "not in this file".

        Raises
        ------
        LeadScoreError
            If the data directory cannot be written.
        """
        self._write(self._path(mapping), dict(choices))

    def recall_conventions(self, mapping: ColumnMapping) -> tuple[DateOrder | None, dict[str, DecimalMark]]:
        """Return what was said of dates and decimals of files with these headers, as far as it can be read."""
        try:
            result = json.loads(self._conventions(mapping).read_text(encoding="utf-8"))
            order, marks = result["dates"], dict(result["decimals"])
        except (OSError, ValueError, KeyError, TypeError):
            return None, {}
        known = {column: mark for column, mark in marks.items() if mark in ("comma", "point")}
        return (order if order in ORDER_WORDS else None), known

    def recall_region(self, mapping: ColumnMapping) -> str | None:
        """Return what was said of phone numbers without a country code, of files with these headers."""
        try:
            said = json.loads(self._conventions(mapping).read_text(encoding="utf-8")).get("phone_region")
        except (OSError, ValueError, AttributeError):
            return None
        return said if isinstance(said, str) and len(said) == 2 else None

    def remember_conventions(self, mapping: ColumnMapping) -> None:
        """Keep what a person said of dates, decimals and phones for files with the same headers; atomic.

        Raises
        ------
        LeadScoreError
            If the data directory cannot be written.
        """
        said = {"dates": mapping.said_order, "decimals": dict(mapping.said_decimals)}
        self._write(self._conventions(mapping), said | {"phone_region": mapping.said_region})

    @needs(Action.SCORE, Action.TRAIN, Action.CHANGE_RULES)
    def _write(self, path: Path, text: dict[str, object]) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text(path, json.dumps(text, indent=1))
        except OSError as error:
            raise LeadScoreError(
                f"The choice of columns could not be kept in {self.folder} ({error.strerror}). It holds for this "
                "list only."
            ) from error

    def _conventions(self, mapping: ColumnMapping) -> Path:
        return self._path(mapping).with_suffix(".conventions.json")

    def _path(self, mapping: ColumnMapping) -> Path:
        return self.folder / f"{mapping.schema_name}-{fingerprint(mapping.headers)}.json"
