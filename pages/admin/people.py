"""People: who has which roles, by whose word, and what each role may do."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from leadscore_core.access.permissions import PERMISSIONS, Action, PersonRole, may
from leadscore_core.access.person import check_may, whom_to_ask
from leadscore_core.config import AccessRules, load_settings
from leadscore_core.storage.database.given_roles import GivenRoles, give_roles, roles_preference
from leadscore_core.storage.database.preferences import Version
from pages.shared import session
from pages.shared.exposure import is_sign_in_on
from pages.shared.person import sign
from pages.shared.sidebar import plain


def render_people() -> None:
    """Say who has which roles, and let them be changed."""
    check_may(Action.CHANGE_ACCESS)
    settings = load_settings()
    given = roles_preference(settings).current()
    rules = settings.access
    _say_how(rules, given)
    table = _table(rules, given.value)
    if len(table):
        st.dataframe(table, hide_index=True, height="content", placeholder="", alt="Who has which roles")
    _render_change(given)
    with st.expander("What each role may do", icon=":material/table:"):
        rights = pd.DataFrame(
            {"A person may": [action.value for action in PERMISSIONS]}
            | {role.words.capitalize(): ["Yes" if may({role}, a) else "" for a in PERMISSIONS] for role in PersonRole}
        )
        st.dataframe(rights, hide_index=True, height="content", placeholder="", alt="What each role may do")


def _say_how(rules: AccessRules, given: Version[GivenRoles]) -> None:
    """Say in a sentence where roles come from here."""
    if not is_sign_in_on():
        st.info(
            "Nobody signs in here: LeadScore serves this machine alone, and whoever works on it may do everything. "
            "docs/sign_in.md says how a team signs in; what is said below counts from then on.",
            icon=":material/computer:",
        )
        return
    named, domains = len({*given.value.people, *rules.people}), len(rules.domains)
    parts = [f"{named:,} {'person is' if named == 1 else 'people are'} named"]
    parts += [f"{domains:,} {'domain gives' if domains == 1 else 'domains give'} roles"] if domains else []
    parts += [f"the sign-in service gives roles by its claim {plain(rules.role_claim)}"] if rules.role_claim else []
    st.markdown(f"{'; '.join(parts)}. Everybody else sees nothing and is told to ask {plain(whom_to_ask())}.")


def _table(rules: AccessRules, given: GivenRoles) -> pd.DataFrame:
    rows = [(who, roles, "This page") for who, roles in given.people.items()]
    rows += [(who, roles, "The settings") for who, roles in rules.people.items() if who.lower() not in given.people]
    rows += [(f"everybody @{domain.lstrip('@')}", roles, "The settings") for domain, roles in rules.domains.items()]
    claimed = rules.roles_of_claim if rules.role_claim else {}
    rows += [(f"{rules.role_claim} = {said}", roles, "The sign-in service") for said, roles in claimed.items()]
    words = [", ".join(PersonRole(role).words for role in roles) or "no access" for _, roles, _ in rows]
    return pd.DataFrame({"Who": [who for who, _, _ in rows], "May act as": words, "By": [by for _, _, by in rows]})


def _render_change(given: Version[GivenRoles]) -> None:
    """Let roles be given, changed or taken: this page has the last word, from that person's next click on."""
    seen = session.seen_version("access", given)
    people = seen.value.people
    with st.form("give-roles", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            email = st.text_input("E-mail", max_chars=200, placeholder="anna@example.com", width=300)
            roles = st.multiselect("Roles", [*PersonRole], format_func=lambda role: role.words, width=360)
            pressed = st.form_submit_button("Set these roles", icon=":material/key:")
        st.caption("Without a role, a person has no access. What is set here holds over the settings and the claim.")
    if pressed:
        _save(seen, people | {email.strip().lower(): tuple(role.value for role in roles)}, "Roles set.")
    if people:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox("Named on this page", list(people), width=300)
            if st.button("Let the settings decide again", icon=":material/undo:"):
                left = {who: roles for who, roles in people.items() if who != chosen}
                _save(seen, left, "The settings decide again.")


def _save(seen: Version[GivenRoles], people: Mapping[str, Sequence[str]], message: str) -> None:
    def save(by: str) -> None:
        session.forget_seen("access")
        give_roles(people, based_on=seen.version, author=by, settings=load_settings())

    sign(save, message)
