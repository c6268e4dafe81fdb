"""Sign-in on the screen: who is here, what they see before they are somebody, and how they leave."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from leadscore_core.access.permissions import PersonRole
from leadscore_core.access.person import NOBODY, Person, acting_as, machine_person, named, set_door, whom_to_ask
from leadscore_core.access.sign_in import person_of_claims
from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError, SignInError
from pages.shared import session
from pages.shared.exposure import client_ids, exposure_problem, is_sign_in_on, list_providers, opened_elsewhere
from pages.shared.sidebar import plain

T = TypeVar("T")
_WRITTEN_DOWN = "signed_in_written_down"


def who_is_here() -> Person:
    """Return who looks at this page, with the roles that they have at this moment.

    Raises
    ------
    SignInError
        If nobody has signed in, or the sign-in does not hold any more.
    """
    if not is_sign_in_on():
        return named(machine_person("app"), session.get_name())
    return _person_of(_claims())


def enter() -> Person:
    """Return who looks at this page; show what there is for those who may see nothing, and stop."""
    set_door(_who_acts)
    problem = exposure_problem()
    if not problem and opened_elsewhere(st.context.headers.get("Host")):
        problem = (
            "This LeadScore serves its own machine alone, and nobody has to sign in. It was opened under another name, "
            "as through a proxy. Set up sign-in (docs/sign_in.md) before others use it."
        )
    if problem:
        _stop_with("LeadScore is not open", lambda: st.error(plain(problem), icon=":material/gpp_maybe:"))
    try:
        person = who_is_here()
    except SignInError as error:
        reason = str(error)
        _stop_with("Sign in to LeadScore", lambda: _render_sign_in(reason))
    except LeadScoreError as error:  # the database, without which nobody's roles are known
        reason = str(error)
        _stop_with("LeadScore is not open", lambda: st.error(plain(reason), icon=":material/error:"))
    if is_sign_in_on():
        session.set_name(person.name)
        if not person.roles:
            _stop_with("You have no access yet", lambda: _render_unknown(person))
        _write_down(person)
    return person


def render_signed_in(person: Person) -> None:
    """Say at the foot of a page who has signed in and as what, and let them sign out."""
    with st.popover(f"Signed in as {plain(person.name)}", icon=":material/person:", type="tertiary", key="person"):
        roles = ", ".join(role.words for role in PersonRole if role in person.roles)
        st.caption(f"{plain(person.id)}: {roles}")
        if st.button("Sign out", icon=":material/logout:"):
            st.logout()


def as_whoever_asks(make: Callable[[], T]) -> Callable[[], T]:
    """Return the same for a download, which is made when it is asked for, outside any run of the page.

    Who asks is known from now; whether they still may is asked when they do.
    """
    if not is_sign_in_on():
        return make
    claims = _claims()

    def made() -> T:
        with acting_as(_person_of(claims)):
            return make()

    return made


def _who_acts() -> Person | None:
    """Say who acts in a run of a page; where people sign in, nobody does outside of one."""
    is_on, run = is_sign_in_on(), get_script_run_ctx(suppress_warning=True)
    if run is None:
        return NOBODY if is_on else None
    try:
        return who_is_here()
    except SignInError:
        return NOBODY


def _claims() -> dict[str, Any]:
    return dict(st.user.to_dict())


def _person_of(claims: dict[str, Any]) -> Person:
    from leadscore_core.storage.database.given_roles import read_given_roles

    if not claims.get("is_logged_in"):
        raise SignInError("")
    settings = load_settings()
    given = read_given_roles(settings)
    return person_of_claims(claims, settings.access, client_ids=client_ids(), now=datetime.now(UTC), given=given)


def _write_down(person: Person) -> None:
    """Keep once a session that somebody signed in."""
    from leadscore_core.storage.database.audit import AuditEvent, record_audit

    if session.get(_WRITTEN_DOWN) != person.id:
        record_audit(load_settings(), AuditEvent("sign in", details={"roles": ", ".join(sorted(person.roles))}))
        session.put(_WRITTEN_DOWN, person.id)


def _stop_with(title: str, render: Callable[[], object]) -> None:
    """Show this alone, at whatever address the page was opened, and stop."""
    shown = [st.Page(_shown(title, render), title=title, default=True)]
    shown += [
        st.Page(_shown(title, render), title=title, url_path=path)
        for path in ("leads", "sources", "drivers", "retrain", "monitor", "admin")
    ]
    st.navigation(shown, position="hidden").run()
    st.stop()


def _shown(title: str, render: Callable[[], object]) -> Callable[[], None]:
    def show() -> None:
        st.title(title, anchor=False)
        render()

    return show


def _render_sign_in(reason: str) -> None:
    if reason:
        st.warning(plain(reason), icon=":material/lock_clock:")
    else:
        st.markdown("Lead lists are people's names, phones and e-mails, so LeadScore asks who you are.")
    for provider in list_providers():
        label = "Sign in" if provider is None else f"Sign in with {plain(provider)}"
        if st.button(label, key=f"sign-in-{provider}", type="primary", icon=":material/login:"):
            st.login(provider)


def _render_unknown(person: Person) -> None:
    st.info(
        f"You signed in as {plain(person.id)}, and nobody has said yet what you may see here. Ask "
        f"{plain(whom_to_ask())}.",
        icon=":material/person_off:",
    )
    if person.email == "" and not load_settings().access.role_claim:
        st.caption("The sign-in service did not say your e-mail address, or did not confirm it; roles go by it here.")
    if st.button("Sign out", icon=":material/logout:"):
        st.logout()
