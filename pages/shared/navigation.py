"""Navigation: the pages that somebody may open; the others say who may, for whoever has their address."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import Person, current_person, refusal


@dataclass(frozen=True)
class Place:
    """A page: its folder, its path in the address, what opens it, any of these, and whether the sidebar names it."""

    name: str
    title: str
    icon: str
    opened_by: tuple[Action, ...]
    is_in_sidebar: bool = True

    @property
    def file(self) -> str:
        """The page's own file."""
        return f"pages/{self.name}/page.py"


PLACES = (
    Place("score", "Score leads", ":material/upload_file:", (Action.SCORE,)),
    Place("leads", "Leads", ":material/call:", (Action.SEE_LEADS, Action.CALL)),
    Place("sources", "Sources", ":material/ads_click:", (Action.SEE_GROUPS,)),
    Place("drivers", "Drivers", ":material/insights:", (Action.SEE_LEADS,)),
    Place("retrain", "Retrain", ":material/model_training:", (Action.TRAIN,)),
    Place("monitor", "Monitor", ":material/monitor_heart:", (Action.SEE_LEADS, Action.TRAIN)),
    # linked at the foot of each page: what is opened once a month is no key more before the first lead
    Place("admin", "Admin", ":material/admin_panel_settings:", (Action.READ_AUDIT, Action.CHANGE_ACCESS), False),
)


def may_open(person: Person, name: str) -> bool:
    """Tell whether somebody may open a page, by its folder's name."""
    return any(place.name == name and person.may(*place.opened_by) for place in PLACES)


def link_to(name: str) -> None:
    """Offer the way to a page, where it may be opened."""
    place = next(place for place in PLACES if place.name == name)
    if current_person().may(*place.opened_by):
        st.page_link(place.file, label=place.title, icon=place.icon)


def pages_for(person: Person) -> list[st.Page]:
    """Return the pages that somebody sees in the sidebar, and in place of the others what says who may open them.

    The first address leads on to the first page that is permitted, where scoring is not.
    """
    first = next((place for place in PLACES if person.may(*place.opened_by)), None)
    shown = []
    for place in PLACES:
        path = {"default": True} if place.name == "score" else {"url_path": place.name}
        if person.may(*place.opened_by):
            visibility: Literal["visible", "hidden"] = "visible" if place.is_in_sidebar else "hidden"
            shown.append(st.Page(place.file, title=place.title, icon=place.icon, visibility=visibility, **path))
        else:
            instead = _lead_on(first) if place.name == "score" and first is not None else _refuse(person, place)
            shown.append(st.Page(instead, title=place.title, visibility="hidden", **path))
    return shown


def render_other_pages(person: Person) -> None:
    """Link, at the foot of a page, to what somebody may open and the sidebar does not name."""
    for place in PLACES:
        if not place.is_in_sidebar and person.may(*place.opened_by):
            st.page_link(place.file, label=place.title, icon=place.icon)


def _lead_on(place: Place) -> Callable[[], None]:
    def lead_on() -> None:
        st.switch_page(place.file)

    return lead_on


def _refuse(person: Person, place: Place) -> Callable[[], None]:
    def refuse() -> None:
        st.title(place.title, anchor=False)
        st.info(refusal(person, *place.opened_by), icon=":material/lock:")

    return refuse
