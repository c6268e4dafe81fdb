"""What the Retrain page keeps in the session, by way of `state`: labelled leads, and what a person said of them."""

from pages.shared.session import keep, kept
from pages.shared.uploads import UploadFolder

_BROUGHT, _SAMPLE, _DESCRIBING, _READINGS = "train-brought", "train-sample", "describing", "train-readings"
_CALLED = "train-called"


def is_trying_sample() -> bool:
    """Tell whether this person trains on the sample leads."""
    return bool(kept(_SAMPLE))


def try_sample(on: bool) -> None:
    """Train on the sample leads, or not."""
    keep(_SAMPLE, on)


def get_brought() -> tuple[str, str, UploadFolder] | None:
    """Return the labelled leads that a person brought: their file's name, the upload's id, and where they are."""
    return kept(_BROUGHT)


def set_brought(brought: tuple[str, str, UploadFolder] | None) -> None:
    """Keep labelled leads while other sections are looked at, or forget them."""
    keep(_BROUGHT, brought)


def is_describing(upload: str) -> bool:
    """Tell whether a person is saying anew what the columns of an uploaded list mean."""
    return bool(kept(_DESCRIBING) == upload)


def describe(upload: str | None) -> None:
    """Say anew what the columns of an uploaded list mean; None when it is said."""
    keep(_DESCRIBING, upload)


def get_readings(upload: str) -> dict[str, str]:
    """Return how a person said that the dates and decimals of an upload are read, by column."""
    return dict(kept(_READINGS, {}).get(upload, {}))


def set_readings(upload: str, said: dict[str, str]) -> None:
    """Keep how the dates and decimals of an upload are read, in place of those of uploads before."""
    keep(_READINGS, {upload: said})


def get_called(source: str) -> str | None:
    """Return what a person said of who was called, by the id of an upload or of a kept list."""
    said: str | None = kept(_CALLED, {}).get(source)
    return said


def set_called(source: str, said: str) -> None:
    """Keep which column says who was called, or that none or the kept attempts do."""
    keep(_CALLED, kept(_CALLED, {}) | {source: said})
