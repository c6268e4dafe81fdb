"""Moments on a page: in the time zone of who looks at it."""

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from leadscore_core import days


def say_day(moment: datetime) -> str:
    """Return the day of a moment where the person is."""
    return days.say_day(_here(moment))


def say_moment(moment: datetime) -> str:
    """Return a moment by the clock of the person."""
    return days.say_moment(_here(moment))


def here() -> str | None:
    """Return the person's time zone as Streamlit's columns of moments take it; None where the browser does not say."""
    return st.context.timezone


def own_zone() -> tzinfo:
    """Return the time zone of the person; UTC where the browser does not say, or says none that is known."""
    try:
        return ZoneInfo(here() or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def today() -> date:
    """Return the day where the person is."""
    return datetime.now(own_zone()).date()


def _here(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(own_zone())
