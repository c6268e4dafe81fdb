import pytest

from leadscore_core.inference.grades import GRADES
from leadscore_core.outcome import APPLICATIONS
from leadscore_core.plots.grades import GRADE_COLOURS, GRADE_INK, plot_grade_shares

LEADS = {"Hot": 30, "Warm": 40, "Cold": 28, "Junk": 2}
EXPECTED = {"Hot": 24.0, "Warm": 20.0, "Cold": 5.9, "Junk": 0.1}


def test_bars_are_the_shares_and_sum_to_one() -> None:
    figure = plot_grade_shares(LEADS, EXPECTED, APPLICATIONS)
    assert [bar.name for bar in figure.data] == list(GRADES)
    for row in (0, 1):
        assert sum(bar.x[row] for bar in figure.data) == pytest.approx(1)
    assert figure.data[0].x[0] == pytest.approx(0.3)
    assert "30%" in figure.layout.title.text
    assert "48%" in figure.layout.title.text


def test_an_empty_list_draws_without_dividing_by_zero() -> None:
    figure = plot_grade_shares(dict.fromkeys(LEADS, 0), dict.fromkeys(LEADS, 0.0), APPLICATIONS)
    assert figure.layout.title.text == "No lead is Hot"


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("grade", GRADES)
def test_words_on_grade_colours_can_be_read(grade: str) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2 level AA)."""
    light, dark = sorted((luminance(GRADE_COLOURS[grade]), luminance(GRADE_INK[grade])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
