"""What a session remembers."""

import pytest
import streamlit as st

from pages.shared import session


def test_what_was_used_last_is_remembered_and_one_thing_never_pushes_out_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(st, "session_state", {})
    made: list[tuple[object, ...]] = []

    def look(*key: object) -> None:
        session.remembered(key, lambda: made.append(key))

    look("leads", "all")
    look("figure", "in use")
    for number in range(20):
        look("figure", number)
        look("figure", "in use")
    look("figure", 0)
    look("leads", "all")
    assert made.count(("leads", "all")) == made.count(("figure", "in use")) == 1
    assert made.count(("figure", 0)) == 2
