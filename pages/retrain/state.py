"""What the Retrain page keeps in the session, by way of `state`: labelled leads, and what a person said of them."""

from pages.shared.session import get, put
from pages.shared.uploads import UploadFolder

_BROUGHT, _SAMPLE, _DESCRIBING, _READINGS = "train-brought", "train-sample", "describing", "train-readings"
_CALLED = "train-called"


def is_trying_sample() -> bool:
    """Tell whether this person trains on the sample leads."""
    return bool(get(_SAMPLE))


def try_sample(on: bool) -> None:
    """Train on the sample leads, or not."""
    put(_SAMPLE, on)


def get_brought() -> tuple[str, str, UploadFolder] | None:
    """Return the labelled leads that a person brought: their file's name, the upload's id, and where they are."""
    return get(_BROUGHT)


def set_brought(brought: tuple[str, str, UploadFolder] | None) -> None:
    """Keep labelled leads while other sections are looked at, or forget them."""
    put(_BROUGHT, brought)


def is_describing(upload: str) -> bool:
    """Tell whether a person is saying anew what the columns of an uploaded list mean."""
    return bool(get(_DESCRIBING) == upload)


def describe(upload: str | None) -> None:
    """Say anew what the columns of an uploaded list mean; None when it is said."""
    put(_DESCRIBING, upload)


def get_readings(upload: str) -> dict[str, str]:
    """Return how a person said that the dates and decimals of an upload are read, by column."""
    return dict(get(_READINGS, {}).get(upload, {}))


def set_readings(upload: str, said: dict[str, str]) -> None:
    """Keep how the dates and decimals of an upload are read, in place of those of uploads before."""
    put(_READINGS, {upload: said})


def get_called(source: str) -> str | None:
    """Return what a person said of who was called, by the id of an upload or of a kept list."""
    said: str | None = get(_CALLED, {}).get(source)
    return said


def set_called(source: str, said: str) -> None:
    """Keep which column says who was called, or that none or the kept attempts do."""
    put(_CALLED, get(_CALLED, {}) | {source: said})
