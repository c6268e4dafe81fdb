"""Where the project is, and where real leads and files that went wrong are if this machine has them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "data" / "codepro"
CASES = ROOT.parent / "shared" / "data" / "cases"
