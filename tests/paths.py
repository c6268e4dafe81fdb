"""Where the project is, where real leads and files that went wrong are if this machine has them, how long to test."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "data" / "codepro"
CASES = ROOT.parent / "shared" / "data" / "cases"
IS_SOAK = "LEADSCORE_SOAK" in os.environ  # rounds as long as `make soak` has them
EXAMPLES = 300 if IS_SOAK else 25  # of each property whose test names no number of its own
