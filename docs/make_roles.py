"""Write the table of roles and actions into docs/roles.md.

python docs/make_roles.py
"""

from pathlib import Path

from leadscore_core.access.permissions import permissions_table

PAGE = Path(__file__).with_name("roles.md")
HEAD = "| A person may |"


def write_roles() -> str:
    """Return the page with the table as the code has it."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, after = text.partition(HEAD)
    rest = after.partition("\n\n")[2]
    return f"{before}{permissions_table()}\n{rest}"


if __name__ == "__main__":
    PAGE.write_text(write_roles(), encoding="utf-8")
