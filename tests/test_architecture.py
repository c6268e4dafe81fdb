"""The floors of the house: who may import whom."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

import leadscore_core
from tests.paths import ROOT

CORE = ROOT / "leadscore_core"
FLOORS = {
    room: floor
    for floor, rooms in enumerate(
        (
            ("days", "errors", "outcome", "percent", "plain", "progress", "server_rules"),
            ("confidence", "config", "_files", "plots"),
            ("access",),
            ("data",),
            ("model", "storage"),
            ("training", "inference"),
            ("registry", "analytics"),
            ("pipelines",),
            ("batches", "distributed", "arrivals"),
            ("retraining",),
            ("upkeep",),
            ("monitoring",),
            ("cli", "orchestration", "monitoring_steps"),
            ("__main__", "__init__"),
        )
    )
    for room in rooms
}
MODULES = sorted(CORE.rglob("*.py"))
OURS = sorted(
    [
        *MODULES,
        *(ROOT / "leadscore_core").rglob("*.pyi"),
        *(path for name in ("pages", "dags", "benchmarks", "tests") for path in (ROOT / name).rglob("*.py")),
        *ROOT.glob("*.py"),
    ]
)
PARTS = sorted((ROOT / "pages").rglob("*.py"))
LOOKS = {"startswith", "endswith", "find", "index", "count", "search", "match", "fullmatch", "findall"}
PAGES = sorted((ROOT / "pages").glob("*/page.py"))


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def test_imports_go_down_only() -> None:
    asked = [(path, name.split(".")[1]) for path in MODULES for name in imported(path) if "leadscore_core." in name]
    up = {(path, there) for path, there in asked if there != room(path) and FLOORS[there] >= FLOORS[room(path)]}
    assert {f"{path.relative_to(CORE)} imports {there}" for path, there in up} == set()


def test_the_house_is_described_as_it_is() -> None:
    house = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## The house")[2].partition("\n## ")[0]
    described = [line.split() for line in house.partition("The floors")[2].split("\n\n")[1].splitlines()]
    rooms = {room: len(described) - place for place, floor in enumerate(described, 1) for room in floor}
    assert rooms == {room: floor for room, floor in FLOORS.items() if not room.startswith("__")}
    packages = {path.parent.name for path in CORE.glob("*/__init__.py")}
    assert packages <= set(re.findall(r"^ +([a-z]+)/", house, re.MULTILINE))


def test_the_core_never_imports_the_screen() -> None:
    screens = {"streamlit", "pages", "app"}
    assert [path for path in MODULES if screens & {name.split(".")[0] for name in imported(path)}] == []


def test_a_module_holds_at_most_400_lines_and_no_column_of_a_customer() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in MODULES}
    assert [path for path, text in texts.items() if text.count("\n") > 400] == []
    for column in ("utm", "droppped", "city_mapped", "referred_lead", "app_complete"):
        named = [path for path, text in texts.items() if column in text and column in _without_docstrings(text)]
        assert named == [], column


def _without_docstrings(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_pages_are_thin(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 80
    calls = {
        n.func.attr for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    }
    assert calls.isdisjoint({"groupby", "merge", "fit", "predict", "predict_proba"})


def test_session_state_has_one_owner() -> None:
    users = [p for p in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")] if "session_state" in p.read_text()]
    assert [p.name for p in users] == ["session.py"]
    addressed = [p.name for p in [*(ROOT / "pages").rglob("*.py"), ROOT / "app.py"] if "query_params." in p.read_text()]
    assert addressed == ["address.py"]
    assert (ROOT / "app.py").read_text().count("\n") <= 60


def test_what_leaves_the_house_is_written_down_by_the_core() -> None:
    writers = {p.name for p in (ROOT / "pages").rglob("*.py") if {"record_audit", "append_audit"} & called_in(p)}
    assert writers == {"sign_in.py"}, "who signs in is known to the door alone"


def called_in(path: Path) -> set[str]:
    return {n.func.id for n in nodes(path) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}


@cache
def defined_in(path: Path) -> set[str]:
    """Return the names that a module makes itself, at its top level."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def test_a_name_is_imported_from_the_module_that_defines_it() -> None:
    asked = {
        (node.module, alias.name)
        for path in OURS
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module and node.module != "leadscore_core"
        if node.module.split(".")[0] in {"leadscore_core", "pages"}
        for alias in node.names
    }
    assert [f"{name} is not made in {module}" for module, name in sorted(asked) if not is_made_in(module, name)] == []


def is_made_in(module: str, name: str) -> bool:
    place = ROOT.joinpath(*module.split("."))
    return (place / name).with_suffix(".py").exists() or name in defined_in(place.with_suffix(".py"))


def test_what_the_core_offers_is_what_was_agreed_and_loads_when_it_is_asked_for() -> None:
    agreed = {"read_leads", "check_leads", "train_model", "evaluate_model", "score_leads", "explain_leads"}
    agreed |= {"source_report", "load_champion", "LeadScoreError", "propose_schema", "publish_model"}
    assert set(leadscore_core.__all__) == set(dir(leadscore_core)) == agreed
    for name in agreed:
        home = sys.modules[getattr(leadscore_core, name).__module__]
        assert getattr(leadscore_core, name) is getattr(home, name)
    with pytest.raises(AttributeError, match="nothing_such"):
        leadscore_core.nothing_such  # noqa: B018
    assert loaded_after("import leadscore_core").isdisjoint({"numpy", "pandas", "pydantic", "lightgbm"})


def told_apart_by_text(among: Iterable[ast.AST]) -> list[str]:
    """Return where a handler looks into the text of its error to see which it is."""
    found = []
    for handler in (node for node in among if isinstance(node, ast.ExceptHandler) and node.name):
        texts = {f"str({handler.name})", f"repr({handler.name})", f"{handler.name}.args", f"{{{handler.name}}}"}
        for node in ast.walk(handler):
            is_search = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in LOOKS
            looks = is_search or isinstance(node, ast.Compare)
            if looks and any(text in ast.unparse(node) for text in texts):
                found.append(ast.unparse(node))
    return found


def test_errors_are_told_apart_by_their_type() -> None:
    found = {path: told_apart_by_text(nodes(path)) for path in (*MODULES, *PARTS)}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_an_error_that_is_told_apart_by_its_text_is_seen() -> None:
    handlers = ("if 'full' in str(e).lower(): pass", "e.args[0].startswith('No')", "re.search('disk', f'{e}')")
    for result in (*handlers, "if str(e) == 'full': pass"):
        assert told_apart_by_text(ast.walk(ast.parse(f"try:\n    pass\nexcept OSError as e:\n    {result}"))), result
    fine = "try:\n    pass\nexcept OSError as e:\n    st.error(plain(str(e)))\n    e.errno == 28"
    assert told_apart_by_text(ast.walk(ast.parse(fine))) == []


def loaded_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(m.partition('.')[0] for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_the_scoring_path_stays_light() -> None:
    code = "from leadscore_core import read_leads, load_champion, score_leads\n"
    code += "score_leads(read_leads('sample_data/new_leads.csv').head(3), load_champion())\n"
    heavy = {"mlflow", "airflow", "dask", "distributed", "streamlit", "plotly", "shap", "numba", "matplotlib", "optuna"}
    heavy |= {"statsmodels", "kaleido", "jinja2", "fsspec", "sqlalchemy"}
    assert loaded_after(code).isdisjoint(heavy)


def test_a_list_can_be_brought_before_the_models_libraries_are_loaded() -> None:
    heavy = {"numpy", "pandas", "pyarrow", "plotly", "joblib", "sklearn", "lightgbm", "scipy", "sqlalchemy", "duckdb"}
    bare = loaded_after("import streamlit, streamlit.web.cli")
    loaded = loaded_after("import streamlit, streamlit.web.cli, pages.shared.sidebar, pages.shared.upload_form")
    assert (loaded - bare).isdisjoint(heavy)


def test_no_page_loads_statistics_before_they_are_asked_for() -> None:
    parts = [path for path in (ROOT / "pages").glob("*/[a-z]*.py") if path.name != "page.py"]
    names = [f"pages.{path.parent.name}.{path.stem}" for path in parts]
    code = f"import {', '.join(names)}\nassert not {{'sklearn', 'scipy.stats', 'lightgbm'}} & set(sys.modules)"
    assert "streamlit" in loaded_after(code)


def test_names_of_countries_do_not_bring_the_places_of_all_numbers() -> None:
    code = "import pandas as pd\nfrom leadscore_core.data.cleaning.country_evidence import find_country\n"
    code += "assert find_country(pd.DataFrame({'Country': ['Deutschland'] * 5})).region == 'DE'\n"
    code += "assert 'phonenumbers.geodata' not in sys.modules"
    assert "phonenumbers" in loaded_after(code)


def test_training_is_not_loaded_for_scoring() -> None:
    code = "import leadscore_core.pipelines.inference\n"
    code += "assert not any('leadscore_core.training' in m for m in sys.modules)"
    assert "leadscore_core" in loaded_after(code)


def test_what_is_pickled_comes_from_data_and_model_alone() -> None:
    code = (
        "from leadscore_core import load_champion\nload_champion()\n"
        "floors = {m.split('.')[1] for m in sys.modules if m.startswith('leadscore_core.')}\n"
        "low = {'data', 'model', 'registry', 'confidence', 'config', 'server_rules', '_files', 'errors', 'outcome'}\n"
        "low |= {'days', 'access'}\n"
        "assert floors <= low, floors"
    )
    assert "lightgbm" in loaded_after(code)
