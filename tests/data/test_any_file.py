from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leadscore_core.config import Settings
from tests.any_file import CHOICES, Way, draw_ways, possible
from tests.paths import IS_SOAK
from tests.read_any_file import assert_the_same, difference, reading

BLOCKS, BLOCK, SEED = (8 if IS_SOAK else 1), 252, 16
MOST_QUESTIONS = 0.03
Found = list[tuple[str, str]]


@pytest.fixture(scope="module")
def read_blocks() -> Iterator[list[Future[Found]]]:
    with reading(draw_ways(BLOCKS * BLOCK, SEED), BLOCK) as blocks:
        yield blocks


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_list_is_the_same_in_any_file(read_blocks: list[Future[Found]], block: int) -> None:
    assert_the_same(read_blocks[block].result(), MOST_QUESTIONS)


@hypothesis_settings(max_examples=25 if IS_SOAK else 10, derandomize=True)
@given(st.builds(Way, **{name: st.sampled_from(values) for name, values in CHOICES.items()}))
def test_any_way_is_read_or_asked_about(tmp_path_factory: pytest.TempPathFactory, way: Way) -> None:
    folder = tmp_path_factory.mktemp("any")
    assert difference(possible(way), folder, Settings(data_dir=folder / "kept"))[0] == ""
