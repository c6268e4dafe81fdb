"""What others wrote is shown as they wrote it: no page reads it as formatting, a link or an icon."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from leadscore_core.batches.queue import CallQueue
from leadscore_core.batches.save import save_batch
from leadscore_core.batches.view import open_view
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_any_list, open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.schema.schema_files import save_schema
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.promotion import promote_model
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.contacts import Result
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES
from tests.other_company import make_members
from tests.pages.test_companies import SECTIONS, go, opened
from tests.paths import IS_SOAK

PLANT = ":red[PLANT](www.plant.test) ![p](http://plant.test/p.png)"
NAME = ":red[PLANT](www.plant.test)"  # of a file
RAW = re.compile(r"(?<!\\):red\[|www\.plant|!\[p|(?<!\\)\]\(http|http://plant", re.IGNORECASE)
PLAIN_FIELDS = {
    "options",
    "default",
    "value",
    "raw_values",
    "id",
    "spec",
    "placeholder",
    "url",
    "form_id",
    "key",
    "alt",
}
TABLES = {
    "Arrow",
    "ArrowDataframe",
    "PlotlyChart",
    "BidiComponent",
}  # whose texts are cells, or are looked at in the test of figures


def shown(message: Message, path: str = "") -> Iterator[tuple[str, str]]:
    """Give every text of an element that a page reads as Markdown, with where it stands."""
    for field, value in message.ListFields():
        name = f"{path}.{field.name}"
        if field.name in PLAIN_FIELDS and field.type == field.TYPE_STRING:
            continue
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Message):
                yield from shown(one, name)
            elif isinstance(one, str):
                yield name, one


def raw_texts(app: AppTest) -> set[str]:
    """Return where a planted text stands as others wrote it, and could be read as formatting."""
    found = set()
    for node in _nodes(app._tree):
        proto: Any = getattr(node, "proto", None)
        if isinstance(proto, Message):
            found |= {
                f"{type(proto).__name__}{place}: {text[:200]}"
                for place, text in shown(proto)
                if RAW.search(text) and type(proto).__name__ not in TABLES
            }
    return found


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from _nodes(child)


def planted_members(rows: int, seed: int) -> pd.DataFrame:
    """Leads whose headers and values are planted."""
    members = make_members(rows, seed=seed).drop(columns="Remarks")
    members["Goal"] = members["Goal"].replace({"Yoga": f"Yoga {PLANT}", "Run": f"Run {NAME}"})
    members["Lead Source"] = members["Lead Source"].replace({"Flyer": f"Flyer {PLANT}"})
    members.loc[::5, "Member Name"] = f"Ann {PLANT}"
    members.loc[::7, "E-mail"] = "ann@www.plant.test"
    return members.rename(columns={"Goal": f"Goal {PLANT}", "Newsletter": f"Newsletter {NAME}"})


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> LeadModel:
    """A model of leads whose headers, values and note are planted."""
    folder = tmp_path_factory.mktemp("planted")
    members = planted_members(400, 3)
    members.to_csv(folder / f"gym {NAME}.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSCORE_DATA_DIR", str(folder / "data"))
        schema = open_any_list(folder / f"gym {NAME}.csv", options=ListOptions(label="Status")).schema
    words = {name: f"{value} {PLANT}" for name, value in schema.outcome.model_dump().items() if value}
    schema = schema.model_copy(
        update={"title": "Gym leads", "outcome": schema.outcome.model_validate(words), "name": "gym"}
    )
    schema = schema.model_validate(schema.model_dump() | {"title": f"Gym {PLANT}"})
    return train_model(members, schema, params=FEW_TREES, n_repeats=1, note=f"A note {PLANT}")


def test_no_page_reads_what_others_wrote_as_formatting(
    registry: ModelRegistry, planted: LeadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.publish(planted)
    save_schema(planted.schema)
    promote_model(planted.model_id, by=f"Bo {PLANT}", reason=f"The first model {PLANT}")
    settings = load_settings()
    path = tmp_path / f"enquiries {NAME}.csv"
    planted_members(60, 8).drop(columns="Status").to_csv(path, index=False)
    batch = save_batch(open_list(path, planted.schema), planted, name=f"Monday {PLANT}", by=f"Bo {PLANT}")
    view = open_view(batch, lambda _: planted, planted.schema)
    row = int(view.table.page(LeadFilter(), Sort(), 0, 1)["ls_row"].iloc[0])
    CallQueue(view, settings).record(row, Result("interested", f"Said {PLANT}"), caller=f"Bo {PLANT}")
    decisions = DecisionStore(settings)
    decisions.set_override(batch, row, "Cold", days=5, note=f"Because {PLANT}", author=f"Bo {PLANT}")
    decisions.restore(batch, [row + 1], note=f"Back {PLANT}", by=f"Bo {PLANT}")
    app = opened()
    app.session_state["person_name"] = f"Bo {PLANT}"
    app.session_state["company"] = "gym"
    found = set()
    for page in ("score", "leads", "sources", "drivers", "retrain"):
        found |= {f"{page}: {text}" for text in raw_texts(go(app, page))}
        key, sections = SECTIONS.get(page, ("", ()))
        for section in sections if IS_SOAK else ():
            try:
                app.segmented_control(key=key).set_value(section).run()
            except (KeyError, ValueError):
                continue
            assert not app.exception, (page, section)
            found |= {f"{page}, {section}: {text}" for text in raw_texts(app)}
    assert not found, "\n".join(sorted(found))
