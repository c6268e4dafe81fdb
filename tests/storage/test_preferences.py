"""Preferences: history, undo, and no silent overwriting."""

import pytest

from leadscore_core.config import GradeRule, GradeThresholds, JunkRules, Settings
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.errors import ConflictError, StorageError
from leadscore_core.storage.database.preferences import grade_preference, junk_preference, saved_rules


def rule(hot: float) -> GradeRule:
    return GradeRule(thresholds=GradeThresholds(hot=hot, warm=0.3, cold=0.1))


def test_what_nobody_saved_is_what_the_settings_say(kept: Settings) -> None:
    current = grade_preference(kept, load_schema()).current()
    assert current.version == 0
    assert current.value.thresholds == kept.grades
    assert junk_preference(kept).current().value == JunkRules()


def test_saving_keeps_history_and_undo_goes_back_step_by_step(kept: Settings) -> None:
    preference = grade_preference(kept, load_schema())
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
    anna, ben = grade_preference(kept, load_schema()), grade_preference(kept, load_schema())
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
    grade_preference(kept, load_schema()).save(rule(0.7), based_on=0, author="Anna")
    assert junk_preference(kept).current().version == 0


def test_each_schema_has_grades_of_its_own(kept: Settings) -> None:
    own = GradeThresholds(hot=0.09, warm=0.03, cold=0.002)
    other = load_schema().model_copy(update={"name": "members-" + "x" * 40, "grades": own})
    preference = grade_preference(kept, other)
    assert preference.current().value.thresholds == own
    preference.save(rule(0.4), based_on=0, author="Anna")
    assert grade_preference(kept, other).current().version == 1
    assert grade_preference(kept, load_schema()).current().version == 0
    assert saved_rules(kept, other).grades == rule(0.4).thresholds
    assert saved_rules(kept, load_schema()).grades == kept.grades
