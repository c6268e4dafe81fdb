from pathlib import Path

import pytest

from leadscore_core.config import PROJECT_ROOT, load_settings
from leadscore_core.errors import LeadScoreError


def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    path = tmp_path / "leadscore.toml"
    path.write_text(text)
    monkeypatch.setenv("LEADSCORE_CONFIG", str(path))


def test_defaults_work_without_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEADSCORE_CONFIG", str(tmp_path / "none.toml"))
    settings = load_settings()
    assert settings.models_dir == PROJECT_ROOT / "models"
    assert settings.targets.model_dump() == {"auc": 0.821, "precision": 0.705, "recall": 0.825}


def test_the_shipped_file_states_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LEADSCORE_CONFIG", raising=False)
    shipped = load_settings()
    monkeypatch.setenv("LEADSCORE_CONFIG", str(tmp_path / "none.toml"))
    assert shipped == load_settings()


def test_the_environment_overrides_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(monkeypatch, tmp_path, "daily_call_capacity = 50\n[grades]\nhot = 0.9\nwarm = 0.5\ncold = 0.2\n")
    monkeypatch.setenv("LEADSCORE_DAILY_CALL_CAPACITY", "80")
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "elsewhere"))
    settings = load_settings()
    assert settings.daily_call_capacity == 80
    assert settings.grades.hot == 0.9
    assert settings.models_dir == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("daily_call_capacity = 0\nupload_limit_mb = 'big'\n", ["daily_call_capacity", "upload_limit_mb", "'big'"]),
        ("[grades]\nhot = 0.1\nwarm = 0.5\n", ["cold <= warm <= hot"]),
        ("colour = 'red'\n", ["colour"]),
        ("daily_call_capacity = \n", ["not valid TOML"]),
    ],
)
def test_every_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, parts: list[str]
) -> None:
    configure(monkeypatch, tmp_path, text)
    with pytest.raises(LeadScoreError) as caught:
        load_settings()
    assert all(part in str(caught.value) for part in parts)
