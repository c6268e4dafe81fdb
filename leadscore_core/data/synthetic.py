"""Sample leads: synthetic, seeded, with the statistical shape of real ones and contacts that belong to nobody.

E-mail addresses are in domains and telephone numbers in ranges that are reserved for fiction and documentation
(RFC 2606; Ofcom's and NANPA's numbers for drama).
"""

import csv
import io
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from leadscore_core.config import SAMPLE_LEADS
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import SCHEMA_DIR, load_schema
from leadscore_core.errors import ExportError

LEAST_ROWS, MOST_ROWS = 200, 5_000_000
LABELLED, KEPT_ASIDE, NEW, MESSY = "labelled_leads.csv", "kept_aside_leads.csv", SAMPLE_LEADS.name, "messy_export.csv"
_DOMAINS = ("example.com", "example.org", "example.net")


class SampleLeads(NamedTuple):
    """Four synthetic lists: for training, for judging, for scoring, and an export with every problem in it."""

    labelled: pd.DataFrame
    kept_aside: pd.DataFrame
    new: pd.DataFrame
    messy: bytes


def make_sample(rows: int = 6_000, seed: int = 0) -> SampleLeads:
    """Make synthetic leads; the same rows and seed give the same leads.

    Parameters
    ----------
    rows
        Labelled leads, 200 to 5,000,000; a sixth as many are kept aside, and as many are new.
    seed
        Of the random generator.

    Raises
    ------
    ExportError
        If `rows` is out of range.

    Examples
    --------
    >>> sample = make_sample(rows=200, seed=1)
    >>> len(sample.labelled), len(sample.new), sample.labelled.equals(make_sample(200, 1).labelled)
    (200, 33, True)
    """
    if not LEAST_ROWS <= rows <= MOST_ROWS:
        raise ExportError(
            f"{rows:,} sample leads were asked for; between {LEAST_ROWS:,} and {MOST_ROWS:,} can be made."
        )
    schema = load_schema()
    profile = tomllib.loads((SCHEMA_DIR / f"{schema.name}_sample.toml").read_text(encoding="utf-8"))
    rng = np.random.default_rng(seed)
    world = _World(profile, schema, rng)
    aside = rows // 6
    known = world.leads(rows + aside, rng, new=False)
    fresh = world.leads(aside, rng, new=True)
    order = rng.permutation(len(known))
    labelled, rest = (known.iloc[np.sort(part)].reset_index(drop=True) for part in (order[:rows], order[rows:]))
    assert schema.label is not None  # the schema that ships has one  # noqa: S101  # for the type checker
    unlabelled = fresh.drop(columns=schema.label.name)
    return SampleLeads(labelled, rest, unlabelled, _messy(fresh.head(240), schema, rng))


def write_sample(folder: str | Path, rows: int = 6_000, seed: int = 0) -> list[Path]:
    """Write the four lists into a folder and return their paths.

    Raises
    ------
    ExportError
        If `rows` is out of range or the folder cannot be written.
    """
    sample, folder = make_sample(rows, seed), Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in ((LABELLED, sample.labelled), (KEPT_ASIDE, sample.kept_aside), (NEW, sample.new)):
            frame.to_csv(folder / name, index=False, lineterminator="\n")
        (folder / MESSY).write_bytes(sample.messy)
    except OSError as error:
        raise ExportError(
            f"The sample leads could not be written to {folder} ({error.strerror}). Choose another folder."
        ) from error
    return [folder / name for name in (LABELLED, KEPT_ASIDE, NEW, MESSY)]


class _World:
    """Channels, cities and months as one seed draws them."""

    def __init__(self, profile: dict[str, Any], schema: LeadSchema, rng: np.random.Generator) -> None:
        self.profile, self.schema = profile, schema
        self.channels = self._channels(rng)
        wander = rng.normal(0, profile["drift"], size=(len(self.channels), profile["months"] + 1))
        self.drift = wander.cumsum(axis=1) - wander[:, :1]
        self.cities, self.city_weights = self._cities(rng)
        self.next_id = 1

    def _channels(self, rng: np.random.Generator) -> pd.DataFrame:
        head = pd.DataFrame(self.profile["channels"], columns=["source", "platform", "medium", "share", "rate"])
        tail_share = 100 - head["share"].sum()
        size = self.profile["tail_mediums"]
        weights = 1 / np.arange(1, size + 1) ** 1.1
        a, b = self.profile["tail_rate"]
        tail = pd.DataFrame(
            {
                "source": _tail_levels(rng, size, head["source"].tolist(), self.profile["tail_sources"]),
                "platform": _tail_levels(rng, size, head["platform"].tolist(), self.profile["tail_platforms"]),
                "medium": [f"Level{n}" for n in rng.permutation(np.arange(24, 24 + size))],
                "share": tail_share * weights / weights.sum(),
                "rate": 100 * rng.beta(a, b, size),
            }
        )
        return pd.concat([head, tail], ignore_index=True)

    def _cities(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        towns = sorted({"".join(rng.choice(self.profile["syllables"], size=n)) for n in rng.integers(3, 5, size=500)})
        by_tier = {1: 9.0, 2: 1.4, 3: 0.5}
        named = list(self.schema.city_tiers)
        weights = [by_tier[self.schema.city_tiers[city]] for city in named] + [0.07] * len(towns)
        return np.array(named + towns), np.array(weights) / sum(weights)

    def leads(self, rows: int, rng: np.random.Generator, *, new: bool) -> pd.DataFrame:
        profile, effects = self.profile, self.profile["effects"]
        month, when = self._dates(rows, rng, new=new)
        share = self.channels["share"].to_numpy() / self.channels["share"].sum()
        channel = rng.choice(len(self.channels), size=rows, p=share)
        rate = np.clip(self.channels["rate"].to_numpy()[channel] / 100, 0.005, 0.97)
        blank = rng.random(rows) < np.where(rate < 0.1, profile["blank_city_junk"], profile["blank_city"])
        city = rng.choice(self.cities, size=rows, p=self.city_weights)
        times = rng.choice(
            [int(n) for n in profile["contacts"]],
            size=rows,
            p=np.array(list(profile["contacts"].values())) / sum(profile["contacts"].values()),
        )
        referred = rng.random(rows) < profile["referred"]
        tier_1 = np.array([self.schema.city_tiers.get(name) == 1 for name in city])
        log_odds = (
            effects["channel"] * np.log(rate / (1 - rate))
            + self.drift[channel, month]
            + effects["intercept"]
            + effects["blank_city"] * blank
            + effects["again"] * (times > 1)
            + effects["referred"] * referred
            + effects["tier_1"] * tier_1
            + rng.normal(0, effects["noise"], rows)
        )
        log_odds -= effects["again"] * (times > 1).mean()
        done = rng.random(rows) < 1 / (1 + np.exp(-log_odds))
        values = {
            Role.TIMESTAMP: when,
            Role.CITY: np.where(blank, "", city),
            Role.PLATFORM: self.channels["platform"].to_numpy()[channel],
            Role.MEDIUM: self.channels["medium"].to_numpy()[channel],
            Role.SOURCE: self.channels["source"].to_numpy()[channel],
            Role.COUNT: times,
            Role.FLAG: referred.astype("int64"),
            Role.LABEL: done.astype("int64"),
            **self._contacts(rows, rng, junk=rate < 0.1),
        }
        columns = {c.name: values[c.role] for c in self.schema.columns if c.role in values and c.role is not Role.LABEL}
        columns |= self._interactions(rows, rng)
        columns |= {c.name: values[c.role] for c in self.schema.with_role(Role.LABEL)}
        contacts_first = {
            c.name: columns.pop(c.name) for c in self.schema.with_role(Role.ID, Role.NAME, Role.EMAIL, Role.PHONE)
        }
        return pd.DataFrame({**contacts_first, **columns})

    def _dates(self, rows: int, rng: np.random.Generator, *, new: bool) -> tuple[np.ndarray, np.ndarray]:
        profile = self.profile
        starts = pd.date_range(profile["first_month"], periods=profile["months"] + 1, freq="MS")
        if new:
            month = np.full(rows, profile["months"])
            days = np.full(rows, profile["new_days"])
        else:
            volume = np.array(profile["volume"]) / sum(profile["volume"])
            month = np.sort(rng.choice(profile["months"], size=rows, p=volume))
            days = np.array(starts.days_in_month)[month]
        hours = np.array(profile["hours"]) / sum(profile["hours"])
        seconds = (
            (rng.random(rows) * days).astype("int64") * 86_400
            + rng.choice(24, size=rows, p=hours) * 3_600
            + rng.integers(0, 3_600, rows)
        )
        when = starts.to_numpy()[month] + seconds.astype("timedelta64[s]")
        return month, pd.Series(when).dt.strftime("%Y-%m-%d %H:%M:%S").to_numpy()

    def _interactions(self, rows: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        columns = self.schema.with_role(Role.INTERACTION)
        cells = np.full((rows, len(columns)), "", dtype=object)
        for row in np.flatnonzero(rng.random(rows) < self.profile["interactions"]):
            for place in rng.choice(len(columns), size=rng.integers(1, 6), replace=False):
                cells[row, place] = str(rng.geometric(0.2))
        return {column.name: cells[:, place] for place, column in enumerate(columns)}

    def _contacts(self, rows: int, rng: np.random.Generator, junk: np.ndarray) -> dict[Role, np.ndarray]:
        first, last = rng.choice(self.profile["first_names"], rows), rng.choice(self.profile["last_names"], rows)
        number = np.arange(self.next_id, self.next_id + rows)
        self.next_id += rows
        email = [
            f"{f}.{n}{i % 1000}@{d}".lower()
            for f, n, i, d in zip(first, last, number, rng.choice(_DOMAINS, rows), strict=True)
        ]
        # drawn and not used, so that a seed goes on giving the leads that it gave when phones were drawn
        rng.integers(0, 1000, rows), rng.choice([202, 303, 404, 512, 617, 702], rows), rng.random(rows)
        # numbers set aside for fiction, each given once: 900000-900999 in Britain, 555-01xx in North America
        mobile = [
            f"+44 7700 900{n // 20 % 1000:03d}" if n % 20 == 0 else f"+1 {201 + n // 100 % 780} 555 01{n % 100:02d}"
            for n in number.tolist()
        ]
        return {
            Role.ID: np.array([f"L-{n:06d}" for n in number]),
            Role.NAME: np.where(
                rng.random(rows) < np.where(junk, 0.15, 0.01), "test", np.char.add(np.char.add(first, " "), last)
            ),
            Role.EMAIL: np.where(rng.random(rows) < np.where(junk, 0.2, 0.04), "", email),
            Role.PHONE: np.where(rng.random(rows) < np.where(junk, 0.3, 0.1), "", mobile),
        }


def _tail_levels(rng: np.random.Generator, size: int, head: list[str], tail: int) -> list[str]:
    """Draw levels for the tail: half of the time a known one, else a rare one of its own."""
    rare = [f"Level{n}" for n in rng.integers(17, 17 + tail, size=size)]
    common = rng.choice(head, size=size)
    return np.where(rng.random(size) < 0.5, common, rare).tolist()


def _messy(leads: pd.DataFrame, schema: LeadSchema, rng: np.random.Generator) -> bytes:
    """Write leads as a careless export: other headers, semicolons, Windows-1252, and every problem there is."""
    roles = (
        Role.ID,
        Role.NAME,
        Role.EMAIL,
        Role.PHONE,
        Role.TIMESTAMP,
        Role.CITY,
        Role.PLATFORM,
        Role.MEDIUM,
        Role.SOURCE,
        Role.COUNT,
        Role.FLAG,
        Role.LABEL,
    )
    names = [column.name for role in roles for column in schema.with_role(role)[:1]]
    table = leads[names].astype("str").to_numpy(dtype=object)
    at = {role: place for place, role in enumerate(roles)}
    table[:, at[Role.TIMESTAMP]] = pd.to_datetime(leads[names[at[Role.TIMESTAMP]]]).dt.strftime("%d.%m.%Y %H:%M")
    table[:, at[Role.COUNT]] = [f"{value},0" for value in table[:, at[Role.COUNT]]]
    table[:, at[Role.FLAG]] = np.where(table[:, at[Role.FLAG]] == "1", "Yes", "No")
    spoilt = [
        (Role.TIMESTAMP, ["32.13.2026", "yesterday", ""]),
        (Role.COUNT, ["-3", "many", "9999999", "1,5"]),
        (Role.FLAG, ["maybe", "2"]),
        (Role.LABEL, ["pending", "", "3"]),
        (Role.CITY, ["Select", "  PUNE ", "Zürich", "-"]),
        (Role.SOURCE, ["Brand new source", "N/A"]),
        (Role.NAME, ['=HYPERLINK("http://example.com")', "asdfgh", "Anne\nMarie"]),
    ]
    for role, cells in spoilt:
        for row, cell in zip(rng.choice(len(table), size=3 * len(cells), replace=False), 3 * cells, strict=True):
            table[row, at[role]] = cell
    headers = [
        "",
        "Lead Number",
        "Lead Name",
        "E-Mail",
        "Mobile",
        "Created On",
        "City",
        "Platform",
        "Medium",
        "Lead Source",
        "Leads Dropped",
        "Referred?",
        "App Complete",
        "Notes",
        "Notes",
    ]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(headers)
    records = [[str(i), *row, "", ""] for i, row in enumerate(table.tolist())]
    records[10:10] = [records[3], records[4], [""] * len(headers)]
    records[20] = [*records[20], "surplus"]
    writer.writerows(records)
    return (out.getvalue() + ";" * (len(headers) - 1) + "\r\n\r\n").encode("cp1252")
