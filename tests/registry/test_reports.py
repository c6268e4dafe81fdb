"""Reports beside models: what an earlier version wrote is read under the names of now."""

import json
from pathlib import Path

from leadscore_core.registry.reports import REPORT, current_names, read_report_file

WRITTEN = {  # by 0.2
    "learning_curve": [{"rows": 500, "moved": 1}],
    "challenge": {
        "basis": "forward_kept",
        "by_part": [{"part": "2026-01", "n": 90, "champion": 0.8}],
        "beside": [{"basis": "kept", "rows": 400, "figures": [{"name": "auc", "value": 0.1}]}],
        "moves": {"Hot": {"Hot": 3, "Warm": 1}},
        "moves_on": "400 leads",
        "moved": [{"old": 0.1, "new": 0.4}],
        "losing": [],
    },
}
CURRENT = {
    "learning_curve": [{"rows": 500, "moved": 1}],
    "challenge": {
        "basis": "forward_out_of_fold",
        "by_fold": [{"fold": "2026-01", "n": 90, "champion": 0.8}],
        "beside": [{"basis": "out_of_fold", "rows": 400, "figures": [{"name": "auc", "value": 0.1}]}],
        "grade_changes": {"Hot": {"Hot": 3, "Warm": 1}},
        "grade_changes_on": "400 leads",
        "score_changes": [{"old": 0.1, "new": 0.4}],
        "losing": [],
    },
}


def test_a_report_of_before_is_read_under_the_names_of_now(tmp_path: Path) -> None:
    (tmp_path / REPORT).write_text(json.dumps(WRITTEN))
    assert read_report_file(tmp_path) == CURRENT
    assert current_names(CURRENT) == CURRENT
    assert current_names({"challenge": None}) == {"challenge": None}
    assert current_names({"challenge": {"basis": "refit", "moves": {}}}) == {
        "challenge": {"basis": "refit", "grade_changes": {}}
    }
