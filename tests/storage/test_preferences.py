"""Preferences: history, undo, and no silent overwriting."""

import pytest

from leadscore_core.config import GradeRule, GradeThresholds, JunkRules, Settings
from leadscore_core.errors import ConflictError, StorageError
from leadscore_core.storage.database.preferences import grade_preference, junk_preference


def rule(hot: float) -> GradeRule:
    return GradeRule(thresholds=GradeThresholds(hot=hot, warm=0.3, cold=0.1))


def test_what_nobody_saved_is_what_the_settings_say(kept: Settings) -> None:
    current = grade_preference(kept).current()
    assert current.version == 0
    assert current.value.thresholds == kept.grades
    assert junk_preference(kept).current().value == JunkRules()


def test_saving_keeps_history_and_undo_goes_back_step_by_step(kept: Settings) -> None:
    preference = grade_preference(kept)
    for version, hot in enumerate((0.7, 0.8, 0.9)):
        preference.save(rule(hot), based_on=version, author="Anna", model_id="m1")
    assert [v.value.thresholds.hot for v in preference.history()] == [0.9, 0.8, 0.7]
    assert preference.undo(based_on=3, author="Ben").value.thresholds.hot == 0.8
    assert preference.undo(based_on=4, author="Ben").value.thresholds.hot == 0.7
    assert preference.undo(based_on=5, author="Ben").value == preference.default
    assert [v.author for v in preference.history()] == ["Ben"] * 3 + ["Anna"] * 3
    assert [v.model_id for v in preference.history()] == ["", "m1", "m1", "m1", "m1", "m1"]
    with pytest.raises(StorageError, match="nothing more to undo"):
        preference.undo(based_on=6, author="Ben")


def test_two_people_cannot_overwrite_each_other(kept: Settings) -> None:
    anna, ben = grade_preference(kept), grade_preference(kept)
    seen = anna.current().version
    anna.save(rule(0.7), based_on=seen, author="Anna")
    with pytest.raises(ConflictError, match=r"Anna changed this .* Nothing was overwritten"):
        ben.save(rule(0.9), based_on=seen, author="Ben")
    assert ben.current().value.thresholds.hot == 0.7
    with pytest.raises(ConflictError):
        ben.undo(based_on=seen + 5, author="Ben")


def test_there_is_nothing_to_undo_at_first(kept: Settings) -> None:
    with pytest.raises(StorageError, match="nothing to undo"):
        junk_preference(kept).undo(based_on=0, author="Anna")


def test_kinds_do_not_mix(kept: Settings) -> None:
    grade_preference(kept).save(rule(0.7), based_on=0, author="Anna")
    assert junk_preference(kept).current().version == 0
