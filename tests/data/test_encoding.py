from contextlib import suppress
from pathlib import Path

import pytest

from leadscore_core.data.reading.read_log import ReadLog
from leadscore_core.data.reading.reader import iter_leads, read_leads
from leadscore_core.errors import UnreadableFileError

CITIES = {
    "ru": (["cp1251", "koi8-r", "iso8859-5", "cp866"], "москва казань самара пермь екатеринбург омск уфа"),
    "pl": (["cp1250", "iso8859-2"], "łódź kraków poznań gdańsk wrocław białystok częstochowa"),
    "cs": (["cp1250", "iso8859-2", "cp852"], "plzeň děčín třebíč znojmo břeclav kladno zlín přerov"),
    "hu": (["cp1250"], "győr pécs szeged székesfehérvár nyíregyháza kőbánya"),
    "de": (["cp1252", "iso8859-15", "cp850"], "münchen köln düsseldorf nürnberg würzburg gießen"),
    "fr": (["cp1252", "mac_roman"], "orléans besançon nîmes saint-étienne mâcon angoulême"),
    "sv": (["cp1252"], "göteborg malmö västerås örebro linköping"),
    "tr": (["cp1254"], "şişli ığdır diyarbakır çankırı muğla eskişehir"),
    "el": (["cp1253", "iso8859-7"], "αθήνα πάτρα λάρισα θεσσαλονίκη ηράκλειο"),
    "he": (["cp1255"], "ירושלים חיפה אשדוד נתניה"),
    "ar": (["cp1256"], "القاهرة الرياض جدة دبي"),
    "ja": (["cp932", "euc_jp"], "東京 大阪 名古屋 横浜 札幌 神戸 京都"),
    "zh": (["gb18030"], "北京 上海 广州 深圳 成都 杭州 武汉"),
    "tw": (["big5"], "台北 高雄 台中 台南 新竹 基隆"),
    "ko": (["cp949"], "서울 부산 대구 인천 광주 대전"),
    "th": (["cp874"], "กรุงเทพ เชียงใหม่ ภูเก็ต ขอนแก่น หาดใหญ่ พัทยา"),
}
CASES = [(encoding, cities.split()) for encodings, cities in CITIES.values() for encoding in encodings]


def write(path: Path, cities: list[str], encoding: str, leads: int = 40) -> list[str]:
    lived = [cities[at % len(cities)] for at in range(leads)]
    path.write_bytes("".join(["id,city\n", *(f"L-{at},{city}\n" for at, city in enumerate(lived))]).encode(encoding))
    return lived


@pytest.mark.parametrize(("encoding", "cities"), CASES)
@pytest.mark.parametrize("few", [2, 4, 8])
def test_cities_are_read_as_written_or_the_encoding_is_asked_for(
    tmp_path: Path, encoding: str, cities: list[str], few: int
) -> None:
    path = tmp_path / "leads.csv"
    lived = write(path, cities[:few], encoding)
    assert read_leads(path, encoding=encoding)["city"].tolist() == lived
    if few < 8:
        with suppress(UnreadableFileError):
            assert read_leads(path)["city"].tolist() == lived
    else:
        assert read_leads(path)["city"].tolist() == lived


@pytest.mark.parametrize(
    "cities", ["München Orléans Nîmes Málaga Coruña Besançon", "São_Paulo Ribeirão Belém", "Logroño Cáceres Köln"]
)
def test_letters_of_the_west_are_not_asked_about(tmp_path: Path, cities: str) -> None:
    lived = write(tmp_path / "leads.csv", cities.replace("_", " ").split(), "cp1252")
    assert read_leads(tmp_path / "leads.csv")["city"].tolist() == lived


@pytest.mark.parametrize("encoding", ["gb18030", "cp932", "big5", "cp949"])
@pytest.mark.parametrize("delimiter", [",", "|", "^", "~"])
def test_second_bytes_that_look_like_signs_are_parts_of_letters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    cities = next(cities for names, cities in CITIES.values() if encoding in names).split()
    odd = {"gb18030": "março ã", "cp932": "予約ソ表ミ十", "big5": "功育程", "cp949": "서울 햏"}[encoding]
    lived = [cities[at % len(cities)] for at in range(40)]
    lines = [f"L-{at}{delimiter}{city}{delimiter}{odd}{at}" for at, city in enumerate(lived)]
    path = tmp_path / "leads.csv"
    path.write_bytes("\n".join([delimiter.join(["id", "city", "note"]), *lines]).encode(encoding))
    read = read_leads(path)
    assert read["city"].tolist() == lived
    assert read["note"].tolist() == [f"{odd}{at}" for at in range(40)]


def test_a_stray_byte_is_mended_by_line(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    lived = write(path, ["münchen", "köln"], "utf-8")
    path.write_bytes(path.read_bytes().replace("L-7,köln".encode(), b"L-7,Ren\xe9"))
    log = ReadLog()
    read = [city for chunk in iter_leads(path, log=log) for city in chunk["city"]]
    assert read == [*lived[:7], "René", *lived[8:]]
    assert [(found.code, found.rows) for found in log.findings()] == [("mended_bytes", (9,))]


@pytest.mark.parametrize("delimiter", ["^", "~"])
def test_a_nul_byte_and_rare_delimiters_are_no_reason_to_refuse(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(f"id{delimiter}city{delimiter}n\n" + f"L-1{delimiter}pu\0ne{delimiter}1\n" * 3)
    assert read_leads(path)["city"].tolist() == ["pune"] * 3


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    write(path, ["pune"], "utf-8")
    with pytest.raises(UnreadableFileError, match="no encoding 'nope'"):
        read_leads(path, encoding="nope")


@pytest.mark.parametrize("encoding", ["ascii", "utf-16", "euc_jp"])
def test_an_encoding_that_a_file_is_not_written_in_is_refused(tmp_path: Path, encoding: str) -> None:
    write(tmp_path / "leads.csv", ["Müller", "Größe", "Ångström"], "cp1252")
    with pytest.raises(UnreadableFileError, match="not written in"):
        read_leads(tmp_path / "leads.csv", encoding=encoding)


def test_single_bytes_that_are_not_utf8_are_mended_where_utf8_is_said(tmp_path: Path) -> None:
    lived = write(tmp_path / "leads.csv", ["Müller", "Größe"], "cp1252")
    log = ReadLog()
    (read,) = iter_leads(tmp_path / "leads.csv", encoding="utf-8", log=log)
    assert read["city"].tolist() == lived
    assert "mended_bytes" in {finding.code for finding in log.findings()}


@pytest.mark.parametrize(("encoding", "word"), [("euc_jp", "東京"), ("gb18030", "北京"), ("euc_kr", "서울")])
def test_one_east_asian_word_is_read_with_its_alternatives_named(tmp_path: Path, encoding: str, word: str) -> None:
    path = tmp_path / "leads.csv"
    lines = ["Lead ID,City,Created", *(f"L-{at:04d},{word},2026-10-{at % 28 + 1:02d}" for at in range(40))]
    path.write_bytes("\n".join(lines).encode(encoding))
    log = ReadLog()
    assert sum(map(len, iter_leads(path, log=log))) == 40
    (found,) = [found for found in log.findings() if found.code == "encoding"]
    assert found.severity == "warning"
    assert repr(word) in found.reason
    assert "--encoding" in found.reason
    assert read_leads(path, encoding=encoding)["City"].tolist() == [word] * 40
