"""Who is acting: set by the door that they came in by, and asked at the start of each action of the core.

The command line, Airflow and a Python program act as the user of the operating system, who owns the files anyway. The
dashboard says for each run of a page who has signed in (see `set_door`).
"""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import wraps
from typing import ParamSpec, TypeVar

from leadscore_core.access.permissions import Action, PersonRole, may, who_may
from leadscore_core.config import load_settings
from leadscore_core.errors import NotPermittedError

P = ParamSpec("P")
T = TypeVar("T")
LONGEST_NAME = 100


@dataclass(frozen=True)
class Person:
    """Somebody who acts.

    Attributes
    ----------
    id
        What they are known by for good: an e-mail, the subject of a sign-in, or a user of the operating system.
    name
        What stands beside what they change.
    roles
        What they are here for; none for somebody unknown.
    via
        The door: app, command line, airflow, worker or python.

    Examples
    --------
    >>> Person("anna@example.com", "Anna", frozenset({PersonRole.SALES})).may(Action.EXPORT)
    True
    """

    id: str
    name: str
    roles: frozenset[PersonRole] = frozenset()
    email: str = ""
    via: str = "python"

    def may(self, *actions: Action) -> bool:
        """Tell whether they may do any of these."""
        return any(may(self.roles, action) for action in actions)


NOBODY = Person("", "Nobody")
_acting: ContextVar[Person | None] = ContextVar("acting", default=None)
_via: ContextVar[str] = ContextVar("via", default="python")
_doors: list[Callable[[], Person | None]] = []


def machine_person(via: str | None = None) -> Person:
    """Return the user of the operating system, who is admin on their own machine.

    Parameters
    ----------
    via
        The door; that of `came_by` if not given.
    """
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = ""
    name = name or "unknown user"
    return Person(f"user {name}", name, frozenset({PersonRole.ADMIN}), via=via or _via.get())


def scheduled_person(pipeline: str) -> Person:
    """Return the user of the operating system under the name of the scheduled pipeline that acts for them.

    Parameters
    ----------
    pipeline
        Id of the DAG in Airflow.

    Examples
    --------
    >>> scheduled_person("leadscore_training").name
    'Airflow (leadscore_training)'
    """
    return named(machine_person("airflow"), f"Airflow ({pipeline or 'unknown'})")


def current_person() -> Person:
    """Return who is acting: set for this action, said by the dashboard, or the user of the operating system."""
    person = _acting.get()
    if person is not None:
        return person
    for door in _doors:
        said = door()
        if said is not None:
            return said
    return machine_person()


@contextmanager
def acting_as(person: Person) -> Iterator[Person]:
    """Let somebody act within a block, in this thread alone.

    Examples
    --------
    >>> with acting_as(NOBODY):
    ...     current_person().may(Action.SEE_GROUPS)
    False
    """
    token = _acting.set(person)
    try:
        yield person
    finally:
        _acting.reset(token)


@contextmanager
def came_by(via: str) -> Iterator[None]:
    """Say by which door the user of the operating system came, for the audit."""
    token = _via.set(via)
    try:
        yield
    finally:
        _via.reset(token)


def set_door(door: Callable[[], Person | None]) -> None:
    """Let a door say who acts, wherever nobody was set; it returns None where it cannot know and need not."""
    _doors[:] = [door]


def check_may(*actions: Action) -> Person:
    """Return who is acting, if they may do one of these.

    Raises
    ------
    NotPermittedError
        If they may do none: who may, and whom to ask.
    """
    person = current_person()
    if person.may(*actions):
        return person
    raise NotPermittedError(refusal(person, *actions))


def check_own_name(name: str) -> None:
    """Raise if somebody who may only call calls under another name than their own.

    Raises
    ------
    NotPermittedError
        Naming both.
    """
    person = current_person()
    if name != person.name and not person.may(Action.PLAN, Action.BRING_OUTCOMES):
        raise NotPermittedError(
            f"{person.name} calls as {person.name} alone, and not as {name}. Nothing was done. Ask {whom_to_ask()}."
        )


def refusal(person: Person, *actions: Action) -> str:
    """Say that somebody may do none of these, who may, and whom to ask.

    Examples
    --------
    >>> refusal(Person("ben", "Ben", frozenset({PersonRole.CALLER})), Action.TRAIN).split(". ")[0]
    'Only data science and admin may train and compare models'
    """
    roles = ", ".join(role.words for role in PersonRole if role in person.roles)
    who = f"{person.name} is here as {roles}" if roles else f"{person.name} has no role here"
    return f"Only {who_may(*actions)} may {actions[0].value}. {who}, so nothing was done. Ask {whom_to_ask()}."


def whom_to_ask() -> str:
    """Return who gives access, in words."""
    return load_settings().access.ask_whom.strip() or "whoever looks after this LeadScore"


def needs(*actions: Action) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function be called only by somebody who may do one of these; it carries them as ``needs``.

    Examples
    --------
    >>> @needs(Action.TRAIN)
    ... def train() -> str:
    ...     return "trained"
    >>> with acting_as(Person("ben", "Ben", frozenset({PersonRole.DATA_SCIENCE}))):
    ...     train()
    'trained'
    """

    def mark(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> T:
            check_may(*actions)
            return function(*args, **kwargs)

        checked.needs = actions  # type: ignore[attr-defined]
        return checked

    return mark


def named(person: Person, name: str) -> Person:
    """Return the same person under the name that they call themselves."""
    name = " ".join(name.split())[:LONGEST_NAME]
    return replace(person, name=name) if name else person
