"""docs/api.md is what the docstrings say, and names everything that the package offers."""

import re
import runpy

import leadscore_core
from tests.paths import ROOT


def test_the_page_is_current() -> None:
    made = runpy.run_path(str(ROOT / "docs/make_api.py"))
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    assert page == made["write_api"](), "docstrings have changed: make api"


def test_it_names_what_is_offered_and_no_place_of_a_machine() -> None:
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^#{3,4} (\S+)$", page, re.MULTILINE))
    assert set(leadscore_core.__all__) <= headings
    assert {
        "train_leads",
        "score_list",
        "clean_list",
        "register_feature",
        "register_algorithm",
        "register_metric",
    } <= headings
    assert not re.search(r"0x[0-9a-f]{6}|PosixPath|/home/|" + re.escape(str(ROOT)), page)


def test_every_heading_is_followed_by_how_it_is_called_and_what_it_does() -> None:
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    for part in re.split(r"^#{3,4} ", page, flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition("\n")
        assert len(rest.split()) > 3, name
