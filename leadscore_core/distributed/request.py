"""The request of a list of many files: what is scored, and where the result goes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from leadscore_core.data.dataset.options import ListOptions


@dataclass(frozen=True)
class FilesRequest:
    """What a person asks of the scoring of a list of many files.

    Attributes
    ----------
    addresses
        Files, folders, or addresses that fsspec knows, such as ``s3://bucket/leads/``.
    out
        A folder or address, which gets a Parquet file for each; or one file by its ending, on a disk that the workers
        share.
    reasons
        How many reasons each lead gets.
    options
        What a person says of the list; it holds for every file.
    force
        Whether a folder that holds a result already gets this one in its place; until then it stays.
    """

    addresses: Sequence[str]
    out: str
    reasons: int = 3
    options: ListOptions = field(default_factory=ListOptions)
    force: bool = False
