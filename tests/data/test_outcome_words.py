"""What the values of an outcome mean, in many languages, alone and beside each other."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.cleaning.outcome_reader import OutcomeReader, read_outcomes
from leadscore_core.data.cleaning.outcome_split import split_outcomes
from leadscore_core.data.cleaning.outcome_values import count_values
from leadscore_core.data.cleaning.outcome_words import Meaning, _table, plain_value, value_meaning
from leadscore_core.data.schema.schema import Column, LeadSchema, Role
from leadscore_core.errors import LabelError
from leadscore_core.outcome import OutcomeWords

TWO_WORDS = """
1/0 1.0/0.0 1,0/0,0 01/00 100%/0% 1/-1 -1/0 True/False TRUE/FALSE true/false T/F Yes/No YES/NO Y/N
yes/no Ja/Nein ja/nein JA/NEIN Oui/Non Sí/No Si/No SI/NO Sim/Não Sim/Nao Ja/Nee Tak/Nie Да/Нет
да/нет Так/Ні Evet/Hayır EVET/HAYIR Evet/Hayir Ναι/Όχι ΝΑΙ/ΟΧΙ हाँ/नहीं हां/नहीं Haan/Nahi
haan/nahin হ্যাঁ/না ஆம்/இல்லை అవును/కాదు હા/ના ಹೌದು/ಇಲ್ಲ അതെ/അല്ല ਹਾਂ/ਨਹੀਂ نعم/لا כן/לא 是/否 有/无 有/無
はい/いいえ あり/なし 예/아니요 네/아니오 Có/Không có/không Ya/Tidak Ja/Nej Ja/Nei Kyllä/Ei Ano/Ne Áno/Nie Igen/Nem
Da/Nu Taip/Ne Jah/Ei Jā/Nē ใช่/ไม่ใช่ ہاں/نہیں بله/خیر ✓/✗ ✔/✘ ✔️/✖️ ✅/❌ ☑/☐ 👍/👎 ○/× O/X ✓/x ●/○ +/-
J/N S/N V/F Won/Lost WON/LOST Converted/NotConverted converted/unconverted Qualified/Unqualified
Qualified/Disqualified Accepted/Rejected ClosedWon/ClosedLost closedwon/closedlost
Closed_Won/Closed_Lost Enrolled/Dropped Admitted/Rejected Paid/Unpaid Sold/Unsold Success/Failure
Positive/Negative Approved/Denied Joined/Lost Active/Inactive Bought/Refused Pass/Fail Win/Loss
Customer/Non-customer Gekauft/Nicht-gekauft Gewonnen/Verloren Gagné/Perdu Ganado/Perdido
Ganho/Perdido Vinto/Perso Gewonnen/Verloren Wygrana/Przegrana Выиграна/Проиграна
Kazanıldı/Kaybedildi Vunnen/Förlorad 成交/未成交 赢单/输单 受注/失注 成功/失敗 성공/실패 Menang/Kalah सफल/असफल
مقبول/مرفوض
"""
PAIRS = [pair.split("/") for pair in TWO_WORDS.split()]
PAIRS += [
    ["Closed - Won", "Closed - Lost"],
    ["Lead converted", "Lead not converted"],
    ["Converted", "Not converted"],
    ["Closed - Converted", "Closed - Not Converted"],
    ["Is customer", "Not a customer"],
    ["Application completed", "Application not completed"],
    ["Deal won", "Deal lost"],
    ["Converted: yes", "Converted: no"],
    ["Kunde", "Kein Kunde"],
    ["Gekauft", "nicht gekauft"],
    ["Acheté", "Non acheté"],
    ["Comprado", "No comprado"],
    ["Куплено", "Не куплено"],
    ["1 - Yes", "0 - No"],
    ["Interested", "Not interested"],
    ["Alumni", "Non-alumni"],
    ["Went to Rome", "Never went to Rome"],
    ["Thành công", "Thất bại"],
    ["Satın aldı", "Satın almadı"],
    ["Successful", "Unsuccessful"],
]
STAGE_WORDS = """New|Contacted|Open|Pending|In progress|In Progress Positive|Working|Working - Contacted|
Open - Not Contacted|Nurturing|Follow up|Follow-Up|Offen|Neu|Nuevo|Nouveau|Novo|Nuovo|-None-|
--None--|(not set)|n/a|Not yet|Attempted to Contact|Contact in Future|Pre-Qualified|Not Contacted|
Negotiation/Review|Proposal/Price Quote|Value Proposition|Appointment Scheduled|On hold|Potential|
Long Term|No answer|Not responding|In Bearbeitung|En cours|En proceso|В работе|跟进中|対応中|진행중|
قيد المتابعة|नया|Bekliyor"""
STAGES = STAGE_WORDS.replace("\n", "").split("|")


def label(**words: tuple[str, ...]) -> LeadSchema:
    columns = (
        Column(name="source", role=Role.SOURCE, human="Source"),
        Column(name="won", role=Role.LABEL, human="Won", missing_marks=("",), **words),
    )
    return LeadSchema(name="any", title="Any", version=1, columns=columns)


def read(values: list[object], schema: LeadSchema) -> list[float]:
    return clean_leads(pd.DataFrame({"won": values}), schema)["won"].tolist()


@pytest.mark.parametrize(("yes", "no"), PAIRS, ids=lambda word: word)
def test_of_two_words_the_one_that_says_yes_is_yes(yes: str, no: str) -> None:
    for share in (1, 39, 61, 99):
        for counts in ({yes: share, no: 100 - share}, {no: 100 - share, yes: share}):
            split = split_outcomes(counts)
            assert [value.shown for value in split.of(Meaning.WON)] == [yes]
            assert [value.shown for value in split.of(Meaning.LOST)] == [no]
            assert split.is_certain
            assert split.statement()[0] == f"Completed: {yes!r} ({share}.0% of 100)"


@given(st.sampled_from(PAIRS), st.integers(1, 99), st.randoms(use_true_random=False), st.integers(0, 30))
def test_a_share_an_order_and_open_leads_change_nothing(pair: list[str], share: int, order, still: int) -> None:
    cells = [pair[0]] * share + [pair[1]] * (100 - share)
    order.shuffle(cells)
    split = split_outcomes(count_values(pd.Series([f" {cell} " for cell in cells] + [None] * still)))
    assert [value.shown for value in split.of(Meaning.WON)] == [pair[0]]
    assert (split.completed, split.known) == (share, 100)


def test_the_table_says_nothing_twice() -> None:
    table = _table()
    meant = [table.yes, table.no, table.open, table.weak_yes, table.weak_no]
    for i, one in enumerate(meant):
        for other in meant[i + 1 :]:
            assert not one & other


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_no_failure(stage: str) -> None:
    assert value_meaning(stage) is Meaning.OPEN
    split = split_outcomes({"Closed Won": 30, "Closed Lost": 50, stage: 20})
    assert (split.completed, split.known) == (30, 80)
    assert f"open: {stage!r} 20" in split.statement()[0]


@pytest.mark.parametrize(
    "counts",
    [
        {"A": 61, "B": 39},
        {"Group 1": 50, "Group 2": 50},
        {"1": 40, "2": 60},
        {"0": 40, "5": 60},
        {"Foo": 10, "Bar": 20, "Baz": 30},
        {"M": 50, "F": 50},
        {"Won": 50, "Blue": 50},
        {"Yes": 50, "": 50},
        {"0": 40, "1": 50, "2": 1},
    ],
)
def test_what_is_not_clear_is_asked_with_its_values(counts: dict[str, int]) -> None:
    question = split_outcomes(counts).question("Result", OutcomeWords())
    assert question is not None
    assert all(f"{value!r} {count}" in question for value, count in counts.items() if value)
    assert "--positive" in question


def test_a_person_settles_it() -> None:
    split = split_outcomes({"A": 61, "B": 30, "New": 9}, positive=["b"])
    assert [[v.shown for v in split.of(m)] for m in (Meaning.WON, Meaning.LOST, Meaning.OPEN)] == [
        ["B"],
        ["A"],
        ["New"],
    ]
    split = split_outcomes({"A": 61, "B": 30, "New": 9}, positive=["B"], still_open=["A"])
    assert [v.shown for v in split.of(Meaning.LOST)] == ["New"]
    assert not split_outcomes({"A": 61, "New": 9}, positive=["A"], still_open=[""]).of(Meaning.OPEN)
    split = split_outcomes({"Won": 61, "Lost": 30, "Blue": 19}, still_open=["blue"])
    assert split.is_certain
    assert split_outcomes({"True": 5, "False": 5}, positive=["1"]).completed == 5
    assert split_outcomes({"1": 5, "2": 4}, positive=["2.0"]).completed == 4
    blank_is_no = split_outcomes({"Yes": 5, "": 15}, positive=["Yes"])
    assert (blank_is_no.completed, blank_is_no.known) == (5, 20)
    with pytest.raises(LabelError, match=r"No lead has 'C' as its outcome. The column holds 'A' 61, 'B' 30"):
        split_outcomes({"A": 61, "B": 30}, positive=["C"])


def test_ticks_and_blanks_are_yes_and_no() -> None:
    split = split_outcomes({"X": 20, "": 80})
    assert (split.completed, split.known, split.question("Won", OutcomeWords())) == (20, 100, None)
    schema = label(positive=split.keys(Meaning.WON), negative=split.keys(Meaning.LOST))
    assert read(["x", "", None, "X"], schema) == [1, 0, 0, 1]


@pytest.mark.parametrize(
    "words", [("1", "0"), ("ja", "nein"), ("closed won", "closed lost"), ("✓", "✗"), ("accepted", "rejected")]
)
def test_equivalent_words_are_understood(words: tuple[str, str]) -> None:
    schema = label(positive=words[:1], negative=words[1:])
    assert read(list(words), schema) == [1, 0]
    for later in PAIRS:
        if {*map(value_meaning, later)} == {Meaning.WON, Meaning.LOST}:
            result = read([*later, "Blue", "", None, "New"], schema)
            assert result[:2] == [1, 0], later
            assert pd.isna(result[2:]).all()


def test_who_foretells_lost_leads_reads_all_words_the_other_way_round() -> None:
    schema = label(positive=("lost",), negative=("won",))
    assert read(["Lost", "Won", "0", "1", "Nein", "Ja"], schema) == [1, 0, 1, 0, 1, 0]


@pytest.mark.parametrize("dtype", ["bool", "int64", "float64", "category", "str", "object", "boolean", "Int64"])
def test_a_label_of_any_type_is_read(dtype: str) -> None:
    cells = (
        pd.Series([True, False, True])
        .astype("int64" if dtype in {"int64", "float64", "Int64"} else "bool")
        .astype(dtype)
    )
    split = split_outcomes(count_values(cells))
    assert (split.completed, split.known) == (2, 3)
    assert clean_leads(pd.DataFrame({"won": cells}), label())["won"].tolist() == [1, 0, 1]


@given(st.text(max_size=30))
def test_any_text_is_read_and_reading_its_plain_form_is_the_same(text: str) -> None:
    value_meaning(text)
    assert plain_value(plain_value(text)) == plain_value(text) or not text.isascii()


@given(st.dictionaries(st.text(max_size=12), st.integers(1, 50), max_size=12))
def test_every_lead_is_counted_once(counts: dict[str, int]) -> None:
    split = split_outcomes(counts)
    assert sum(value.count for value in split.values) + split.blank == sum(counts.values())
    schema = label(positive=split.keys(Meaning.WON), negative=split.keys(Meaning.LOST), open=split.keys(Meaning.OPEN))
    reader = OutcomeReader(schema.label, ("",))
    for value in split.values:
        assert value.meaning in {reader.meaning(value.key), Meaning.UNKNOWN}


@pytest.mark.parametrize("values", [("2", "1"), ("A", "B"), ("P", "F"), ("3", "2", "1"), ("yes", "later", "Bo said")])
def test_a_question_names_every_value_with_its_count_and_the_option(values: tuple[str, ...]) -> None:
    counts = {value: 40 + place for place, value in enumerate(values)}
    question = split_outcomes(counts).question("Result", OutcomeWords())
    assert question is not None
    assert all(f"{value!r} {count}" in question for value, count in counts.items())
    assert all(f"--positive {value!r}" in question for value in values)


def test_dates_beside_blanks_are_asked_about_and_filled_is_yes_then() -> None:
    counts = {f"{day:02d}/03/2026": 2 for day in range(1, 25)} | {"": 152}
    asked = split_outcomes(counts).question("Converted Date", OutcomeWords())
    assert asked is not None
    assert all(part in asked for part in ("filled for 48 leads", "24 dates", "blank for 152", "--positive :filled"))
    split = split_outcomes(counts, positive=[":filled"])
    assert split.question("Converted Date", OutcomeWords()) is None
    assert (split.completed, split.known) == (48, 200)
    assert split.keys(Meaning.WON) == (":filled",)
    assert split.keys(Meaning.LOST) == ("",)
    assert split.statement()[0] == "Completed: filled, such as '01/03/2026' (24.0% of 200)"


def test_where_filled_is_yes_words_that_say_no_stay_no_in_later_files() -> None:
    label = Column(name="won", role=Role.LABEL, human="Won", missing_marks=("",), positive=(":filled",), negative=("",))
    cells = pd.Series(["2026-03-04", "No", "", "0000-00-00", "Pending", "Yes", None])
    values, unknown = read_outcomes(cells, label, ("",))
    assert values.tolist()[:4] == [1, 0, 0, 0]
    assert np.isnan(values[4])
    assert values.tolist()[5:] == [1, 0]
    assert not unknown.any()
    later = split_outcomes({"2027-01-02": 3, "No": 2, "": 5}, label)
    assert (later.completed, later.known) == (3, 10)


@pytest.mark.parametrize(("no", "other"), [("Lost", "Not lost"), ("Rejected", "Not rejected"), ("Spam", "Not spam")])
def test_a_word_that_says_no_is_never_yes_because_another_denies_it(no: str, other: str) -> None:
    split = split_outcomes({no: 60, other: 40})
    assert no.casefold() not in split.keys(Meaning.WON)
    assert split.question("Result", OutcomeWords()) is not None
