"""The Dockerfile and compose.yaml: linted, and what they start works without a container engine."""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import streamlit
import yaml

from leadscore_core.config import Settings
from tests.paths import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
PROXY = (ROOT / "docs" / "nginx.conf").read_text(encoding="utf-8")


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
            assert variable in known or variable.startswith(("POSTGRES_", "STREAMLIT_")), f"{variable} of {name}"


def test_services_are_those_that_are_documented_and_only_the_proxy_is_reached() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"proxy", "app", "db", "mlflow", "airflow"}
    assert services["airflow"]["profiles"] == ["airflow"]
    assert {name for name, service in services.items() if service.get("ports")} == {"proxy"}
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name, service in services.items():
        assert name in {"proxy", "app"} or service["networks"] == ["inside"], f"{name} reaches the internet"
        assert {volume.split(":")[0] for volume in service.get("volumes", ())} <= set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_container_is_nobody_special_and_writes_to_volumes_and_memory_alone(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["user"] not in {"root", "0"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert any(place.split(":")[0] == "/tmp" for place in service["tmpfs"])
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)
    assert not any("docker.sock" in volume for volume in service.get("volumes", ()))


def test_what_the_image_writes_by_itself_is_a_volume_or_memory() -> None:
    assert re.search(r"HOME=/tmp\b", DOCKERFILE)
    for stage, name in zip(DOCKERFILE.split("FROM ")[1:], ("app", "airflow"), strict=True):
        declared = re.search(r"^VOLUME (\[.+\])$", stage, re.M)
        assert declared
        mounted = {volume.split(":")[1] for volume in COMPOSE["services"][name]["volumes"]}
        assert set(yaml.safe_load(declared[1])) <= mounted


def test_no_password_is_written_down_and_none_has_a_default() -> None:
    asked = re.findall(r"\$\{(\w+)([^}]*)\}", COMPOSE_TEXT)
    assert {name for name, _ in asked} == {
        "LEADSCORE_DB_PASSWORD",
        "LEADSCORE_HOST",
        "LEADSCORE_SIGN_IN",
        "LEADSCORE_CERTIFICATE",
        "LEADSCORE_CERTIFICATE_KEY",
    }
    for name, rest in asked:
        assert re.fullmatch(r":\?.{10,}", rest), f"compose starts without {name}, or does not say what it is"
    for service in COMPOSE["services"].values():
        for variable, value in (service.get("environment") or {}).items():
            if "PASSWORD" in variable or "DATABASE_URL" in variable:
                assert "${LEADSCORE_DB_PASSWORD:?" in value
    for text in (DOCKERFILE, PROXY, (ROOT / "leadscore.toml").read_text(encoding="utf-8")):
        assert not re.search(r"^[^#\n]*(?:password|secret)\w*\s*[=:]\s*\S", text, re.M | re.I)


def test_the_proxy_is_the_one_that_is_documented_and_keeps_browsers_careful() -> None:
    assert COMPOSE["configs"]["proxy"]["file"] == "docs/nginx.conf"
    headers = dict(re.findall(r"add_header (\S+) \"?(.+?)\"? always;", PROXY))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert not re.search(r"https?:|\*", headers["Content-Security-Policy"])  # nothing of anybody else's
    assert "listen 8443 ssl" in PROXY
    assert "$request_uri" not in PROXY  # what stands behind "?" is not logged


def test_the_scripts_that_a_page_may_run_are_those_of_the_installed_streamlit() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    inline = [text for text in re.findall(r"<script[^>]*>(.*?)</script>", page, re.S) if text]
    for script in inline:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in PROXY


def test_upload_limits_agree_and_forged_requests_are_refused() -> None:
    options = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["server"]
    limit = Settings.model_fields["upload_limit_mb"].default
    assert options["maxUploadSize"] == limit
    assert f"client_max_body_size {limit}m;" in PROXY
    assert options["enableXsrfProtection"] is options["enableCORS"] is True


@pytest.mark.parametrize("words", [["-m", "leadscore_core", "app", "--help"], ["-m", "mlflow", "server", "--help"]])
def test_what_they_start_is_installed(words: list[str]) -> None:
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if words[1] == "mlflow":
        for option in re.findall(r"--[a-z-]+", " ".join(COMPOSE["services"]["mlflow"]["command"])):
            assert option in done.stdout
