"""Settings: ``leadscore.toml`` overridden by ``LEADSCORE_*`` environment variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from leadscore_core.errors import LeadScoreError, validation_faults
from leadscore_core.server_rules import LimitRules

PROJECT_ROOT = Path(__file__).resolve().parent.parent
SAMPLE_LEADS = PROJECT_ROOT / "sample_data" / "new_leads.csv"

SQLITE_FILE = "leadscore.db"
RESTORE_JOURNAL, RESTORE_NEW, RESTORE_OLD = ".restore.json", ".restore-new", ".restore-old"
AUDIT_INTENT = ".audit-intent-"


class GradeThresholds(BaseModel):
    """Lowest propensity (0-1) of each grade; what is below ``cold`` is Junk.

    Examples
    --------
    >>> GradeThresholds(hot=0.7, warm=0.4, cold=0.1).hot
    0.7
    """

    hot: float = Field(0.65, ge=0, le=1)
    warm: float = Field(0.40, ge=0, le=1)
    cold: float = Field(0.10, ge=0, le=1)

    @model_validator(mode="after")
    def _in_order(self) -> GradeThresholds:
        if not self.cold <= self.warm <= self.hot:
            raise ValueError(f"expected cold <= warm <= hot, got {self.cold}, {self.warm}, {self.hot}")
        return self


class GradeShares(BaseModel):
    """Share (0-1) of a batch that each grade takes, the highest propensities first; what is left is Junk.

    Examples
    --------
    >>> round(GradeShares(hot=0.2, warm=0.3, cold=0.3).junk, 2)
    0.2
    """

    hot: float = Field(0.20, ge=0, le=1)
    warm: float = Field(0.30, ge=0, le=1)
    cold: float = Field(0.30, ge=0, le=1)

    @model_validator(mode="after")
    def _within_one(self) -> GradeShares:
        if self.hot + self.warm + self.cold > 1 + 1e-9:
            raise ValueError(f"expected shares of 100% or less in all, got {self.hot + self.warm + self.cold:.0%}")
        return self

    @property
    def junk(self) -> float:
        """What the three leave, 0-1."""
        return max(0.0, 1 - self.hot - self.warm - self.cold)


class GradeRule(BaseModel):
    """How leads are graded: by thresholds on the propensity, or by their share of the batch.

    Examples
    --------
    >>> GradeRule().by
    'propensity'
    """

    by: Literal["propensity", "share"] = "propensity"
    thresholds: GradeThresholds = GradeThresholds()
    shares: GradeShares = GradeShares()


CONTACT_RULES = (
    "unreachable",
    "malformed_email_no_phone",
    "malformed_email",
    "disposable_email",
    "impossible_phone",
    "test_name",
    "duplicate",
    "seen_before",
)
ContactRule = Literal[
    "unreachable", "malformed_email_no_phone", "malformed_email", "disposable_email", "impossible_phone", "test_name",
    "duplicate", "seen_before",
]  # fmt: skip


class JunkRules(BaseModel):
    """What goes to quarantine: the grade Junk, and the contact rules that are switched on.

    On from the start are those by which nobody can be called; duplicates are marked, and called.

    ``learning_percent`` of the leads of grade Junk, drawn at random, stay in the call list, so that later training can
    correct for those that are never called.

    Examples
    --------
    >>> JunkRules().contact
    ('unreachable', 'malformed_email_no_phone', 'impossible_phone')
    """

    by_propensity: bool = True
    contact: tuple[ContactRule, ...] = ("unreachable", "malformed_email_no_phone", "impossible_phone")
    learning_percent: float = Field(0.0, ge=0, le=50)


class TargetMetrics(BaseModel):
    """What a model must exceed, all at once; a target of 0 asks for nothing.

    Examples
    --------
    >>> TargetMetrics().auc
    0.821
    >>> TargetMetrics(auc=0.7, precision=0, recall=0.5).words
    'AUC > 0.7, recall > 0.5'
    """

    auc: float = Field(0.821, ge=0, le=1)
    precision: float = Field(0.705, ge=0, le=1)
    recall: float = Field(0.825, ge=0, le=1)

    @property
    def words(self) -> str:
        """The targets that ask for something, in words."""
        named = {"AUC": self.auc, "precision": self.precision, "recall": self.recall}
        return ", ".join(f"{name} > {target}" for name, target in named.items() if target > 0)

    def are_exceeded(self, values: Mapping[str, Any]) -> bool:
        """Tell whether AUC, precision and recall all exceed what is asked of them; what does not exist does not.

        Parameters
        ----------
        values
            ``auc``, ``precision`` and ``recall``, 0-1 or None.
        """
        wanted = {name: target for name, target in self.model_dump().items() if target > 0}
        return all(values[name] is not None and values[name] > target for name, target in wanted.items())


class CallRules(BaseModel):
    """How a lead is called again: after how many hours, how often, and how long it is one caller's own.

    Examples
    --------
    >>> CallRules().most_attempts
    5
    """

    most_attempts: int = Field(5, ge=1, le=100)
    retry_hours: float = Field(20, gt=0, le=24 * 365)
    busy_minutes: float = Field(60, gt=0, le=60 * 24 * 365)
    claim_minutes: float = Field(30, gt=0, le=60 * 24)


class RetrainRules(BaseModel):
    """When a retrain is proposed: so many leads with new outcomes, or so many days since the last one.

    Examples
    --------
    >>> RetrainRules().new_outcomes
    500
    """

    new_outcomes: int = Field(500, ge=1)
    days: int = Field(60, ge=1)


RoleName = Literal["sales", "caller", "marketing", "data_science", "admin"]


class AccessRules(BaseModel):
    """Who has which roles once they have signed in, and what those see who have few.

    Attributes
    ----------
    role_claim
        Claim of the sign-in service that names roles or groups, one inside another with a dot; none if empty.
    roles_of_claim
        Value of that claim -> roles; without any, the values are the roles' own names.
    people, domains
        E-mail, or what stands after its @, -> roles; who is named by e-mail has these alone of the two.
    ask_whom
        Who gives access, as it is said to people who have none.
    session_hours
        After how many hours people sign in again.
    smallest_group
        Marketing sees no group of fewer leads.

    Examples
    --------
    >>> AccessRules().smallest_group
    10
    """

    role_claim: str = ""
    roles_of_claim: dict[str, tuple[RoleName, ...]] = {}
    people: dict[str, tuple[RoleName, ...]] = {}
    domains: dict[str, tuple[RoleName, ...]] = {}
    ask_whom: str = Field("", max_length=200)
    session_hours: float = Field(12, gt=0, le=24 * 30)
    smallest_group: int = Field(10, ge=2, le=10_000)


class MonitorRules(BaseModel):
    """When scores are doubted, and who is called by machine when they are.

    ``least_auc`` is that below which scores are not trusted. An AUC that is by ``watch_drop`` lower than promised at
    training is watched, by ``retrain_drop`` proposes a retrain. A batch drifts outside what was seen where it is
    ``unseen_times`` as far from the training leads as the farthest of their own months, or, without months, by
    ``unseen_distance`` (Jensen and Shannon's distance). A drift matters that moves scores by ``effect`` on average at a
    base rate of 50%, elsewhere by the same change of odds. ``least_leads`` are needed to tell drift, ``least_periods``
    past periods to show an estimate. Changes that are certain are posted to ``webhook_url``, signed with
    ``webhook_secret``. ``automatic`` says whether lists are checked by themselves when kept, and when outcomes come.

    Examples
    --------
    >>> MonitorRules().least_periods
    4
    """

    least_auc: float = Field(0.6, ge=0.5, le=1)
    watch_drop: float = Field(0.02, ge=0, le=0.5)
    retrain_drop: float = Field(0.05, ge=0, le=0.5)
    unseen_times: float = Field(1.5, ge=1)
    unseen_distance: float = Field(0.2, gt=0, le=1)
    effect: float = Field(0.01, ge=0, le=1)
    least_leads: int = Field(50, ge=10)
    least_periods: int = Field(4, ge=3)
    automatic: bool = True
    webhook_url: str | None = None
    webhook_secret: str = ""


class Settings(BaseSettings):
    """Everything that may differ between two installations; each has a default that works."""

    model_config = SettingsConfigDict(env_prefix="LEADSCORE_", env_nested_delimiter="__", extra="forbid")

    data_dir: Path = Path("data")
    models_dir: Path = Path("models")
    database_url: str | None = None
    grades: GradeThresholds = GradeThresholds()
    junk: JunkRules = JunkRules()
    phone_region: str = Field("IN", pattern=r"^[A-Z]{2}$")
    targets: TargetMetrics = TargetMetrics()
    retrain: RetrainRules = RetrainRules()
    calls: CallRules = CallRules()
    monitor: MonitorRules = MonitorRules()
    daily_call_capacity: int = Field(300, ge=1)
    upload_limit_mb: int = Field(1024, ge=1)
    retention_days: int | None = Field(None, ge=1, le=36_500)
    tracking_uri: str | None = None
    extensions: tuple[str, ...] = ()
    trusted_classes: tuple[str, ...] = ()
    access: AccessRules = AccessRules()
    limits: LimitRules = LimitRules()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Explicit values first, then the environment, then the file."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=settings_file())
        return init_settings, env_settings, toml

    @model_validator(mode="after")
    def _paths_from_root(self) -> Settings:
        for name in ("data_dir", "models_dir"):
            setattr(self, name, (PROJECT_ROOT / getattr(self, name)).resolve())
        return self

    @field_validator("trusted_classes")
    @classmethod
    def _full_names_of_their_own(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            parts = name.split(".")
            if len(parts) < 2 or not all(part.isidentifier() for part in parts):
                raise ValueError(f"expected full names such as my_leads.MyClassifier, got {name!r}")
            if parts[0] in sys.stdlib_module_names:
                raise ValueError(f"{name} is Python's own and would let a model do anything; no model needs it")
        return names

    @property
    def has_database(self) -> bool:
        """Whether there is a database, in which people may have kept their own rules."""
        return self.database_url is not None or (self.data_dir / SQLITE_FILE).is_file()

    @property
    def has_unfinished(self) -> bool:
        """Whether a killed process left a restore or a row of the audit to be finished, or one is at work just now."""
        left = (RESTORE_JOURNAL, RESTORE_NEW, RESTORE_OLD, AUDIT_INTENT)
        return any(path.name.startswith(left) for path in self.data_dir.glob(".*"))


def settings_file() -> Path:
    """Return the settings file: ``LEADSCORE_CONFIG`` if set, else ``leadscore.toml`` at the project's root."""
    return Path(os.environ.get("LEADSCORE_CONFIG", PROJECT_ROOT / "leadscore.toml"))


def load_settings() -> Settings:
    """Read and check the settings; what is read again and did not change is not checked again.

    Returns
    -------
    Settings
        With absolute paths.

    Raises
    ------
    LeadScoreError
        Naming every setting that is wrong, what was expected and what came.
    """
    return _read_settings(_settings_state()).model_copy()


def _settings_state() -> tuple[object, ...]:
    """Return what changes whenever the settings may: their file, its time and size, and our variables."""
    path = settings_file()
    with suppress(OSError):
        about = path.stat()
        return PROJECT_ROOT, path, about.st_mtime_ns, about.st_size, _own_variables()
    return PROJECT_ROOT, path, _own_variables()


def _own_variables() -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in os.environ.items() if name.upper().startswith("LEADSCORE_"))


@lru_cache(maxsize=8)
def _read_settings(_state: tuple[object, ...]) -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        raise LeadScoreError(
            f"Settings that cannot be used: {validation_faults(error)}. Correct them in {settings_file()} or the "
            "LEADSCORE_* variables."
        ) from error
    except ValueError as error:
        raise LeadScoreError(
            f"{settings_file()} is not valid TOML: {error}. Correct it or remove it to use the defaults."
        ) from error


def register_once(registered: dict[str, Any], name: str, thing: object, kind: str) -> None:
    """Put a feature, an algorithm or a metric under its name; the same again changes nothing.

    Raises
    ------
    LeadScoreError
        If there is another one of this name.

    Examples
    --------
    >>> known = {"lift": 1}
    >>> register_once(known, "lift", 1, "metric")
    >>> register_once(known, "lift", 2, "metric")
    Traceback (most recent call last):
    leadscore_core.errors.LeadScoreError: There is another metric 'lift' already. Give this one a name of its own.
    """
    if registered.setdefault(name, thing) != thing:
        raise LeadScoreError(f"There is another {kind} {name!r} already. Give this one a name of its own.")


def load_extensions() -> None:
    """Import the modules that the settings name as extensions, which register features, algorithms and metrics.

    Raises
    ------
    LeadScoreError
        If one cannot be imported.
    """
    for name in load_settings().extensions:
        try:
            import_module(name)
        except Exception as error:  # it is somebody's own module
            raise LeadScoreError(
                f"The extension {name!r} cannot be imported ({error}). Install it or put its folder on PYTHONPATH, or "
                f"take it out of the extensions in {settings_file()}."
            ) from error
