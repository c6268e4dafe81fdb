"""Permissions: what there is to do, which roles there are, and who may do what: the one table of both."""

from collections.abc import Iterable
from enum import StrEnum


class PersonRole(StrEnum):
    """What a person is here for."""

    SALES = "sales"
    CALLER = "caller"
    MARKETING = "marketing"
    DATA_SCIENCE = "data_science"
    ADMIN = "admin"

    @property
    def words(self) -> str:
        """The role as people read it."""
        return self.value.replace("_", " ")


class Action(StrEnum):
    """What a person may be permitted to do; each value reads after "may"."""

    SCORE = "score and keep lists"
    SEE_LEADS = "see the leads of a list, one by one"
    SEE_CONTACTS = "see names, phones and e-mails"
    EXPORT = "export leads"
    MANAGE_BATCH = "rename lists and score them again"
    DELETE_BATCH = "delete lists"
    RESTORE = "restore leads and put them aside"
    OVERRIDE = "set grades by hand"
    REVIEW = "say that a score looks wrong"
    CALL = "call leads and keep what came of it"
    PLAN = "plan calls"
    BRING_OUTCOMES = "bring outcomes"
    CHANGE_RULES = "change grades, junk rules and columns"
    SEE_GROUPS = "see rates of sources and other groups"
    SEE_SMALL_GROUPS = "see groups of a few leads"
    TRAIN = "train and compare models"
    PROMOTE = "promote models and take them out of use"
    ROLL_BACK = "roll back to an earlier model"
    EXPORT_MODEL = "export models"
    IMPORT_MODEL = "import models"
    FORGET = "forget a person"
    SET_RETENTION = "set how long lists are kept"
    BACK_UP = "back up and restore"
    CHANGE_ACCESS = "say who may do what"
    READ_AUDIT = "read the audit"


_SALES, _CALLER, _MARKETING, _SCIENCE = (
    PersonRole.SALES,
    PersonRole.CALLER,
    PersonRole.MARKETING,
    PersonRole.DATA_SCIENCE,
)
PERMISSIONS: dict[Action, frozenset[PersonRole]] = {
    action: frozenset({PersonRole.ADMIN, *roles})
    for action, roles in {
        Action.SCORE: {_SALES},
        Action.SEE_LEADS: {_SALES, _SCIENCE},
        Action.SEE_CONTACTS: {_SALES},
        Action.EXPORT: {_SALES},
        Action.MANAGE_BATCH: {_SALES},
        Action.DELETE_BATCH: {_SALES},
        Action.RESTORE: {_SALES},
        Action.OVERRIDE: {_SALES},
        Action.REVIEW: {_SALES, _SCIENCE},
        Action.CALL: {_SALES, _CALLER},
        Action.PLAN: {_SALES},
        Action.BRING_OUTCOMES: {_SALES},
        Action.CHANGE_RULES: {_SALES, _SCIENCE},
        Action.SEE_GROUPS: {_SALES, _MARKETING, _SCIENCE},
        Action.SEE_SMALL_GROUPS: {_SALES, _SCIENCE},
        Action.TRAIN: {_SCIENCE},
        Action.PROMOTE: {_SCIENCE},
        Action.ROLL_BACK: {_SCIENCE},
        Action.EXPORT_MODEL: {_SCIENCE},
        Action.IMPORT_MODEL: set[PersonRole](),
        Action.FORGET: set[PersonRole](),
        Action.SET_RETENTION: set[PersonRole](),
        Action.BACK_UP: set[PersonRole](),
        Action.CHANGE_ACCESS: set[PersonRole](),
        Action.READ_AUDIT: set[PersonRole](),
    }.items()
}


def may(roles: Iterable[PersonRole], action: Action) -> bool:
    """Tell whether somebody in these roles may do something.

    Examples
    --------
    >>> may({PersonRole.MARKETING}, Action.EXPORT), may({PersonRole.ADMIN}, Action.EXPORT)
    (False, True)
    """
    return not PERMISSIONS[action].isdisjoint(roles)


def who_may(*actions: Action) -> str:
    """Return the roles that may do any of these, in words.

    Examples
    --------
    >>> who_may(Action.TRAIN)
    'data science and admin'
    """
    allowed = set().union(*(PERMISSIONS[action] for action in actions))
    names = [role.words for role in PersonRole if role in allowed]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def permissions_table() -> str:
    """Return the table of actions and roles in Markdown, as the documentation shows it."""
    lines = [
        "| A person may | " + " | ".join(role.words for role in PersonRole) + " |",
        "|---|" + "---|" * len(PersonRole),
    ]
    lines += [
        f"| {action.value} | " + " | ".join("yes" if may({role}, action) else "" for role in PersonRole) + " |"
        for action in Action
    ]
    return "\n".join(lines) + "\n"
