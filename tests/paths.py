"""Where the project is, and where the real leads are if this machine has them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "data" / "codepro"
