"""Labelled leads on the screen: those that a person brings, how they are read, and which of them are learned from."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import streamlit as st

from leadscore_core.config import PROJECT_ROOT, Settings, load_settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.reading.reader import read_headers
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import DEFAULT_SCHEMA
from leadscore_core.data.synthetic import LABELLED
from leadscore_core.errors import EncodingQuestionError, LeadScoreError
from leadscore_core.registry.served import known_schema
from leadscore_core.retraining.conversion_dates import learned_time
from leadscore_core.retraining.dataset import UPLOADED, batches_with_outcomes, read_labelled
from leadscore_core.retraining.dataset_summary import levels_of, narrow_leads, period_of
from leadscore_core.retraining.schema_editor import full_schema
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.training.training_data import TrainingData
from pages.retrain import state as retrain_state
from pages.retrain.calls import choose_calls, render_left_out
from pages.retrain.columns import choose_meaning
from pages.shared import session
from pages.shared.components import find_model
from pages.shared.controls import plain_error
from pages.shared.conventions import REMEMBERED, ask_choices, choices_of, offer_choices, said_of, with_choices
from pages.shared.encodings import choose_encoding, offer_encodings
from pages.shared.outcome_values import render_outcome
from pages.shared.sidebar import plain
from pages.shared.upload_form import TYPES
from pages.shared.uploads import UploadFolder

SAMPLE = "the sample leads"


def choose_labelled(company: str) -> tuple[TrainingData, tuple[object, ...]] | None:
    """Return labelled leads, and a key for what is found in them.

    None until a person chose some and said what their columns mean.

    Parameters
    ----------
    company
        Name of the schema whose leads are looked at; leads that a person brings may be of another.
    """
    settings = load_settings()
    try:
        model = find_model(company)
        schema = known_schema(company, settings) if model is None else full_schema(model)
        brought = _take_uploads(settings)
        if brought is not None:
            meant = _ask_meaning(brought, schema, settings)
            if meant is None:
                return None
            schema = meant
        picked = _pick_batches(schema, settings)
        if brought is None and not picked:
            return _offer_sample(schema)
        retrain_state.try_sample(False)
        data, key, headers = _read_chosen(brought, picked, schema, settings)
        upload = "" if brought is None else brought[1]
        return (data, key) if choose_calls(data, upload, headers, {b.id: b.name for b in picked}) else None
    except (LeadScoreError, OSError) as error:
        brought = retrain_state.get_brought()
        if isinstance(error, EncodingQuestionError) and brought is not None:
            session.ask_encoding(brought[1], error.candidates)
            st.rerun()
        st.error(plain_error(error), icon=":material/error:")
        return None


def _take_uploads(settings: Settings) -> tuple[str, str, UploadFolder] | None:
    """Return the leads that a person brings or brought (see `get_brought`), until they are closed."""
    uploads = st.file_uploader(
        "Labelled leads",
        type=TYPES,
        accept_multiple_files=True,
        max_upload_size=settings.upload_limit_mb,
        help="A list with a column that says what became of each lead; of any company, with any columns",
    )
    brought = retrain_state.get_brought()
    ids = " ".join(upload.file_id for upload in uploads)
    if uploads and (brought is None or brought[1] != ids):
        folder = UploadFolder(uploads[0].name, uploads[0].getbuffer())
        for other in uploads[1:]:
            folder.add(other.name, other.getbuffer())
        brought = (" and ".join(upload.name for upload in uploads), ids, folder)
        retrain_state.set_brought(brought)
        offer_encodings(ids, folder.path)
    if brought is not None and not uploads and _is_closed(brought[0]):
        retrain_state.set_brought(None)
        st.rerun()
    return brought


def _is_closed(name: str) -> bool:
    return st.button(f"Close {plain(name)}", type="tertiary", icon=":material/close:")


def _ask_meaning(brought: tuple[str, str, UploadFolder], own: LeadSchema, settings: Settings) -> LeadSchema | None:
    """Return what the columns of a person's leads mean; None while that, or their encoding, is asked for."""
    name, file_id, folder = brought
    if choose_encoding(file_id, name):
        return None
    headers = read_headers(folder.path, encoding=session.get_encoding(file_id))
    return choose_meaning(folder.path, name, file_id, headers, own, settings)


def _pick_batches(schema: LeadSchema, settings: Settings) -> list[Batch]:
    """Let a person pick among the batches of this kind whose outcomes are known."""
    batches = BatchStore(settings).list_batches()
    known = batches_with_outcomes([b for b in batches if b.schema_name == schema.name], settings)
    by_id = {batch.id: batch for batch in batches if batch.id in known}
    if not by_id:
        return []
    picked = st.multiselect(
        "Kept lists with outcomes",
        list(by_id),
        format_func=lambda b: f"{by_id[b].name}: {known[b]:,} outcomes",
        key=f"train-lists-{len(by_id)}",
    )
    return [by_id[b] for b in picked]


def _offer_sample(schema: LeadSchema) -> tuple[TrainingData, tuple[object, ...]] | None:
    """Return the sample leads where a person asked for them; say what to bring otherwise."""
    sample = PROJECT_ROOT / "sample_data" / LABELLED
    is_theirs = schema.name == DEFAULT_SCHEMA and sample.is_file()
    if not (is_theirs and retrain_state.is_trying_sample()) and not (
        is_theirs and st.button("Use the sample leads", icon=":material/play_arrow:")
    ):
        st.info(
            "Bring leads whose outcome is known. You will see whether a model trained on them is better than "
            "the one in use, and decide which one serves.",
            icon=":material/info:",
        )
        return None
    retrain_state.try_sample(True)
    key: tuple[object, ...] = ("train", "sample")
    data = session.remembered(key, lambda: read_labelled([open_list(sample, schema)], [], schema))
    return replace(data, name=SAMPLE), key


def _read_chosen(
    brought: tuple[str, str, UploadFolder] | None, picked: list[Batch], schema: LeadSchema, settings: Settings
) -> tuple[TrainingData, tuple[object, ...], list[str]]:
    """Read a person's leads and those of the batches that were picked, once for each way to read them.

    Returns
    -------
    data, key, headers
        The headers are those of a person's file.
    """
    meaning = hash(schema.model_dump_json(exclude={"city_tiers", "targets"}))
    lists = []
    if brought is not None:
        encoding = session.get_encoding(brought[1])
        upload = f"{brought[1]}-{meaning}-{encoding}"
        lists = [render_outcome(_open_as_said(brought[2].path, schema, upload, encoding, settings), upload)]
    settled = tuple(leads.mapping.outcomes for leads in lists)
    read_as = tuple((leads.encoding, _readings(leads.mapping)) for leads in lists)
    ids = [batch.id for batch in picked]
    sources = {UPLOADED: brought[1] if brought is not None else ""} | {batch_id: batch_id for batch_id in ids}
    called = {name: said for name, source in sources.items() if (said := retrain_state.get_called(source))}
    key = ("train", sources[UPLOADED], meaning, settled, read_as, *ids, *called.items())

    def read() -> TrainingData:
        with st.spinner("Reading the leads", show_time=True):
            return read_labelled(lists, picked, schema, settings, called=called)

    headers = [header for leads in lists for header in leads.mapping.headers if header]
    return session.remembered(key, read), key, headers


def _open_as_said(path: Path, schema: LeadSchema, upload: str, encoding: str | None, settings: Settings) -> LeadList:
    """Open labelled leads, with their dates and decimals read as a person says here."""
    said = retrain_state.get_readings(upload)
    order, marks = said_of(said)
    options = ListOptions(encoding=encoding, dates=order, decimals=marks)
    key = ("opened", upload, *sorted(said.items()))
    leads = session.remembered(key, lambda: open_list(path, schema, options=options, settings=settings))
    choices = choices_of(leads, upload)
    picked = ask_choices(choices, upload) | offer_choices(choices, upload)
    if picked:
        retrain_state.set_readings(upload, said | picked)
        try:
            with_choices(leads, picked, settings)
            st.toast(REMEMBERED, icon=":material/check:")
        except LeadScoreError as error:
            st.toast(plain_error(error), icon=":material/error:")
        st.rerun()
    return leads


def _readings(mapping: ColumnMapping) -> tuple[object, ...]:
    """Return how a list's dates and decimals are read."""
    said = tuple(mapping.said_decimals.items())
    return mapping.orders, mapping.said_order, mapping.decimal_comma, said


def narrow_labelled(data: TrainingData, key: tuple[object, ...]) -> tuple[TrainingData, tuple[object, ...]]:
    """Let a person choose period and values, and leave out leads too young to have an outcome; say what is left."""
    words, learned = data.schema.outcome, learned_time(data)
    if learned is not None:
        st.caption(plain(learned.sentence(words)))
    days = int(
        st.number_input(
            "Leave out the last days",
            0,
            3_650,
            0 if learned is None else learned.days,
            key="train-young" if learned is None else f"train-young-{hash(key)}",
            width=220,
            help=f"Leads that came so shortly before the newest one may {words.many} yet; "
            "as failures they would mislead.",
        )
    )
    everything = data
    period: tuple[date, date] | None = None
    values: dict[str, list[str]] = {}
    with st.expander("Period and filters", icon=":material/filter_list:"):
        known = period_of(data)
        if known is not None:
            chosen = st.date_input(
                "Period", known, *known, format="DD/MM/YYYY", key=f"train-period-{hash(key)}", width=320
            )
            if isinstance(chosen, tuple) and len(chosen) == 2 and chosen != known:
                period = (chosen[0], chosen[1])
        for column in data.schema.with_role(Role.SOURCE, Role.PLATFORM)[:2]:
            if column.name in data.columns:
                levels = session.remembered(("levels", *key), lambda: {})
                if column.name not in levels:
                    levels[column.name] = levels_of(data, column.name)
                wanted = st.multiselect(
                    f"Only these: {plain(column.human.lower())}",
                    levels[column.name],
                    key=f"train-{column.name}-{hash(key)}",
                )
                if wanted:
                    values[column.name] = wanted
    if period or values:
        data = narrow_leads(data, period, values)
        st.caption(f"{len(data):,} of {len(everything):,} leads are in the period and filters.")
    data = data.settled(days)
    render_left_out(data)
    return data, (days, period, tuple((name, tuple(wanted)) for name, wanted in values.items()))
