"""The Dockerfile and compose.yaml: linted, and what they start works without a container engine."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from leadscore_core.config import Settings
from tests.paths import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def test_the_dockerfile_has_no_lint() -> None:
    hadolint = shutil.which("hadolint") or str(Path(sys.executable).with_name("hadolint"))
    words = [hadolint, "--ignore", "DL3008", "Dockerfile"]  # Debian keeps no older versions to pin
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_is_copied_is_there_and_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.M):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in ignored, source


def test_nobody_is_root_and_health_is_asked() -> None:
    for stage in DOCKERFILE.split("FROM ")[1:]:
        assert re.findall(r"^USER (\w+)$", stage, re.M)[-1] == "10001"
        assert "HEALTHCHECK" in stage


def test_every_variable_is_a_setting() -> None:
    known = {f"LEADSCORE_{name.upper()}" for name in Settings.model_fields}
    for name, service in COMPOSE["services"].items():
        for variable in service.get("environment") or {}:
            assert variable in known or variable.startswith("POSTGRES_"), f"{variable} of {name}"


def test_services_are_those_that_are_documented_and_listen_here_alone() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"app", "db", "mlflow", "airflow"}
    assert services["airflow"]["profiles"] == ["airflow"]
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert {volume.split(":")[0] for volume in service.get("volumes", ())} <= set(COMPOSE["volumes"])


@pytest.mark.parametrize("words", [["-m", "leadscore_core", "app", "--help"], ["-m", "mlflow", "server", "--help"]])
def test_what_they_start_is_installed(words: list[str]) -> None:
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if words[1] == "mlflow":
        for option in re.findall(r"--[a-z-]+", " ".join(COMPOSE["services"]["mlflow"]["command"])):
            assert option in done.stdout
