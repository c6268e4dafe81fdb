"""The file of training data: what the data pipeline hands on to training, in one Parquet file."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core._files import whole_file
from leadscore_core.data.cleaning.cleaner import complete_columns
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import UnreadableFileError
from leadscore_core.training.calls import COLUMNS_OF_CALLS, Calls
from leadscore_core.training.training_data import TrainingData

TRAINING_KEY = b"leadscore_training_data"
_VERSION = 1
_HASH, _IDENTITY, _WEIGHT, _CALLS = "ls_row_hash", "ls_identity_", "ls_weight", "ls_calls_"


def save_training_data(data: TrainingData, path: Path) -> None:
    """Write training data into one Parquet file, whole or not at all.

    The file holds what ``leadscore clean`` writes, and besides each counter by itself, and hashes by which leads are
    known again; nothing in it says who a person is.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left behind.
    """
    label = data.schema.label
    tidy = data.cleaned()
    if label is not None:
        tidy = tidy.assign(**{label.name: data.label})
    tidy = complete_columns(tidy, data.schema)
    extra: dict[str, object] = {str(n): data.columns[n] for n in data.columns if n not in tidy}
    extra |= {_HASH: data.row_hash} | {_IDENTITY + kind: hashes for kind, hashes in data.identities.items()}
    if data.weight is not None:
        extra[_WEIGHT] = data.weight
    if data.calls is not None:
        extra |= {_CALLS + name: getattr(data.calls, name) for name in COLUMNS_OF_CALLS}
    table = pa.Table.from_pandas(pd.concat([tidy, pd.DataFrame(extra, index=tidy.index)], axis=1), preserve_index=False)
    about = {
        "version": _VERSION,
        "name": data.name,
        "schema": data.schema.model_dump(mode="json"),
        "columns": list(data.columns),
        "has_identity": data.has_identity,
        "headers": data.headers,
        "calls": None if data.calls is None else {"source": data.calls.source, "days": data.calls.days},
        "findings": None if data.findings is None else [asdict(finding) for finding in data.findings],
    }
    table = table.replace_schema_metadata((table.schema.metadata or {}) | {TRAINING_KEY: json.dumps(about).encode()})
    with whole_file(path) as aside:
        pq.write_table(table, aside)


def load_training_data(path: Path) -> TrainingData:
    """Return training data as `save_training_data` wrote it.

    Raises
    ------
    UnreadableFileError
        If it is not such a file.
    """
    from leadscore_core.training.leakage import LeakFinding

    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {})[TRAINING_KEY])
        schema = LeadSchema.model_validate(about["schema"])
        frame = table.to_pandas()
        label = schema.label
        return TrainingData(
            name=about["name"],
            schema=schema,
            columns=frame[about["columns"]],
            label=frame[label.name].to_numpy("float64", na_value=np.nan)
            if label is not None
            else np.full(len(frame), np.nan),
            row_hash=frame[_HASH].to_numpy(),
            identities={
                str(name).removeprefix(_IDENTITY): frame[name].to_numpy()
                for name in frame
                if str(name).startswith(_IDENTITY)
            },
            has_identity=about["has_identity"],
            headers=about["headers"],
            weight=frame[_WEIGHT].to_numpy() if _WEIGHT in frame else None,
            calls=_calls(frame, about["calls"]) if about.get("calls") else None,
            findings=None if about["findings"] is None else tuple(LeakFinding(**one) for one in about["findings"]),
        )
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise UnreadableFileError(
            f"{path.name} does not hold leads that were cleaned for training, or it is damaged. Run the data pipeline "
            "on the labelled leads again."
        ) from error


def _calls(frame: pd.DataFrame, about: dict[str, Any]) -> Calls:
    columns: dict[str, Any] = {name: frame[_CALLS + name].to_numpy() for name in COLUMNS_OF_CALLS}
    return Calls(**columns, **about)
