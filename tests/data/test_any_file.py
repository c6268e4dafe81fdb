from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leadscore_core.config import Settings
from tests.any_file import CHOICES, Way, draw_ways, possible
from tests.read_any_file import difference, differences, two_readers

BLOCKS, BLOCK, SEED = 8, 260, 16
MOST_QUESTIONS = 0.03
Found = list[tuple[str, str]]


@pytest.fixture(scope="module")
def read_blocks() -> Iterator[list[Future[Found]]]:
    """What is read of all blocks, as it comes."""
    ways = draw_ways(BLOCKS * BLOCK, SEED)
    with two_readers() as pool:
        yield [pool.submit(differences, ways[first : first + BLOCK]) for first in range(0, len(ways), BLOCK)]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_list_is_the_same_in_any_file(read_blocks: list[Future[Found]], block: int) -> None:
    found = read_blocks[block].result()
    wrong = [told for told, _ in found if told]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(found)} are read wrong", *wrong[:20]])
    asked = Counter(question.partition("(")[0] for _, question in found if question)
    assert sum(asked.values()) <= MOST_QUESTIONS * len(found), asked


@hypothesis_settings(max_examples=25, derandomize=True)
@given(st.builds(Way, **{name: st.sampled_from(values) for name, values in CHOICES.items()}))
def test_any_way_is_read_or_asked_about(tmp_path_factory: pytest.TempPathFactory, way: Way) -> None:
    folder = Path(tmp_path_factory.mktemp("any"))
    assert difference(possible(way), folder, Settings(data_dir=folder / "kept"))[0] == ""
