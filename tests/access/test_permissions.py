"""Permissions: the table of actions and roles, cell by cell, and the same in the documentation."""

import pytest

from leadscore_core.access.permissions import PERMISSIONS, Action, PersonRole, permissions_table
from leadscore_core.access.person import NOBODY, acting_as, check_may, current_person, machine_person
from leadscore_core.errors import NotPermittedError
from tests.access.people import EACH, person_of
from tests.paths import ROOT

# who may do what, written down a second time: sales, caller, marketing, data science, admin
EXPECTED = {
    Action.SCORE: "s...a",
    Action.SEE_LEADS: "s..da",
    Action.SEE_CONTACTS: "s...a",
    Action.EXPORT: "s...a",
    Action.MANAGE_BATCH: "s...a",
    Action.DELETE_BATCH: "s...a",
    Action.RESTORE: "s...a",
    Action.OVERRIDE: "s...a",
    Action.REVIEW: "s..da",
    Action.CALL: "sc..a",
    Action.PLAN: "s...a",
    Action.BRING_OUTCOMES: "s...a",
    Action.CHANGE_RULES: "s..da",
    Action.SEE_GROUPS: "s.mda",
    Action.SEE_SMALL_GROUPS: "s..da",
    Action.TRAIN: "...da",
    Action.PROMOTE: "...da",
    Action.ROLL_BACK: "...da",
    Action.EXPORT_MODEL: "...da",
    Action.IMPORT_MODEL: "....a",
    Action.FORGET: "....a",
    Action.SET_RETENTION: "....a",
    Action.BACK_UP: "....a",
    Action.CHANGE_ACCESS: "....a",
    Action.READ_AUDIT: "....a",
}


@pytest.mark.parametrize("action", list(Action), ids=str)
@pytest.mark.parametrize("role", list(PersonRole), ids=str)
def test_each_cell(role: PersonRole, action: Action) -> None:
    is_expected = EXPECTED[action][list(PersonRole).index(role)] != "."
    with acting_as(EACH[role]):
        if is_expected:
            assert check_may(action) == EACH[role]
        else:
            with pytest.raises(NotPermittedError, match=r"^Only .* may .*, so nothing was done\. Ask "):
                check_may(action)


def test_every_action_is_in_the_table_and_none_is_open_to_nobody() -> None:
    assert set(PERMISSIONS) == set(Action) == set(EXPECTED)
    for action in Action:
        assert not NOBODY.may(action)
        assert PersonRole.ADMIN in PERMISSIONS[action]


def test_several_roles_add_up() -> None:
    both = person_of(PersonRole.CALLER, PersonRole.MARKETING)
    assert both.may(Action.CALL)
    assert both.may(Action.SEE_GROUPS)
    assert not both.may(Action.SEE_LEADS)


def test_the_documentation_shows_the_table() -> None:
    page = (ROOT / "docs" / "roles.md").read_text(encoding="utf-8")
    assert permissions_table() in page, "write it anew: make roles"


def test_a_refusal_says_who_may_and_whom_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSCORE_ACCESS__ASK_WHOM", "Ada in room 4")
    with acting_as(EACH[PersonRole.CALLER]), pytest.raises(NotPermittedError) as refused:
        check_may(Action.EXPORT)
    assert str(refused.value) == (
        "Only sales and admin may export leads. caller is here as caller, so nothing was done. Ask Ada in room 4."
    )


def test_the_user_of_the_machine_is_admin_and_whoever_is_set_acts_within_the_block_alone() -> None:
    assert current_person() == machine_person()
    assert current_person().may(*Action)
    with acting_as(EACH[PersonRole.SALES]):
        assert current_person().name == "sales"
    assert current_person() == machine_person()
