"""Exposure: whether the dashboard may be open without a sign-in: on the machine itself alone, unless said otherwise."""

import ipaddress
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from streamlit import config

INSECURE = "--insecure"
_LEAST_SECRET = 32
_NEEDED = ("client_id", "client_secret", "server_metadata_url")
_said_aloud: list[str] = []


def allow_insecure() -> None:
    """Let anybody who reaches this server in as admin: somebody said ``--insecure``."""
    _said_aloud.append(INSECURE)


def is_insecure() -> bool:
    """Whether somebody said ``--insecure`` when this server was started."""
    return bool(_said_aloud)


def auth_section() -> Mapping[str, Any]:
    """Return what the secrets file says of sign-in; empty where there is nothing."""
    if not st.secrets.load_if_toml_exists():
        return {}
    found = st.secrets.get("auth", {})
    return found if isinstance(found, Mapping) else {}


def is_sign_in_on() -> bool:
    """Tell whether people sign in here: from the moment on that anything is said of it."""
    return bool(auth_section())


def list_providers() -> list[str | None]:
    """Return the sign-in services that the secrets file names; None is the one without a name."""
    auth = auth_section()
    named: list[str | None] = [str(name) for name, section in auth.items() if isinstance(section, Mapping)]
    named = [name for name in named if name != "client_kwargs"]
    return ([None] if "client_id" in auth else []) + named


def client_ids() -> set[str]:
    """Return under which names this LeadScore is known to its sign-in services."""
    auth = auth_section()
    return {str(section["client_id"]) for section in _sections(auth) if section.get("client_id")}


def is_loopback(address: str | None) -> bool:
    """Tell whether a server that listens at an address is reached from the machine itself alone.

    Examples
    --------
    >>> [is_loopback(address) for address in ("127.0.0.1", "localhost", "::1", "[::1]", "unix:///run/leadscore.sock")]
    [True, True, True, True, True]
    >>> [is_loopback(address) for address in ("", None, "0.0.0.0", "::", "192.168.1.4", "leads.example.com")]
    [False, False, False, False, False, False]
    """
    address = (address or "").strip()
    if address.startswith("unix://") or address.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def exposure_problem() -> str:
    """Say why this server must not be started, or serve anybody, as it is set up; empty where it may."""
    if is_sign_in_on():
        return _sign_in_problem(auth_section())
    address = config.get_option("server.address")
    if is_insecure() or is_loopback(address):
        return ""
    where = f"at {address}" if address else "at every address of this machine"
    return (
        f"LeadScore would listen {where}, and everybody who reaches it would read every contact and delete lists: "
        "nobody has to sign in. Set up sign-in (docs/sign_in.md), or listen at 127.0.0.1. To do it all the same: "
        f"leadscore app {INSECURE}"
    )


def opened_elsewhere(host: str | None) -> bool:
    """Tell whether a server without sign-in was opened under another name than the machine's own, as by a proxy."""
    if not host or is_insecure() or is_sign_in_on() or not is_loopback(config.get_option("server.address")):
        return False
    return not is_loopback(urlsplit(f"//{host}").hostname)


def _sections(auth: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    named = [section for section in auth.values() if isinstance(section, Mapping) and "client_id" in section]
    return ([auth] if "client_id" in auth else []) + named


def _sign_in_problem(auth: Mapping[str, Any]) -> str:
    sections = _sections(auth)
    lacking = [name for name in ("redirect_uri", "cookie_secret") if not auth.get(name)]
    lacking += [name for name in _NEEDED if not sections or any(not section.get(name) for section in sections)]
    if lacking:
        return (
            f"Sign-in cannot work: [auth] in .streamlit/secrets.toml lacks {', '.join(lacking)}. See docs/sign_in.md."
        )
    if len(str(auth["cookie_secret"])) < _LEAST_SECRET:
        return (
            f"cookie_secret in .streamlit/secrets.toml is shorter than {_LEAST_SECRET} characters, so somebody could "
            'guess it and be anybody. Make one: python -c "import secrets; print(secrets.token_hex(32))"'
        )
    if find_spec("authlib") is None:
        return "Sign-in needs the package Authlib, which is not installed. Install it: pip install Authlib httpx"
    return ""
