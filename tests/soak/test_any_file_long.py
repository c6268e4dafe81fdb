import os
from datetime import date

import pytest

from tests.any_file import draw_ways
from tests.read_any_file import assert_the_same, reading

WAYS, BLOCK = 20_000, 500
MOST_QUESTIONS = 0.03

pytestmark = pytest.mark.skipif("LEADSCORE_SOAK" not in os.environ, reason="a long round: make soak")


def test_a_list_is_the_same_in_twenty_thousand_files() -> None:
    seed = int(os.environ.get("LEADSCORE_SOAK_SEED", date.today().toordinal()))
    with reading(draw_ways(WAYS, seed), BLOCK) as blocks:
        for block in blocks:
            assert_the_same(block.result(), MOST_QUESTIONS)
