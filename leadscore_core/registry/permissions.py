"""Who else may write where models are kept: a model is code, so that who may change it may run code here."""

import os
import stat
from pathlib import Path

from leadscore_core.registry.registry import METADATA, PICKLE

_MOST_NAMED = 3


def check_permissions(root: Path) -> list[str]:
    """Return what is wrong with the permissions of a models directory, in sentences; empty where nothing is.

    Named are the directory and the folders and files of models in it that others may write, and those that belong to
    another user than this one and root. A group that is the owner's alone counts as the owner.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> check_permissions(root)
    []
    >>> root.chmod(0o777)
    >>> check_permissions(root)[0].startswith("Everybody on this machine may write")
    True
    """
    if os.name != "posix" or not root.is_dir():
        return []
    models = [folder for folder in sorted(root.iterdir()) if (folder / METADATA).is_file()]
    paths = [root, *models, *(folder / name for folder in models for name in (PICKLE, METADATA))]
    known = {path: path.stat() for path in paths if path.exists()}
    open_to_all = [path for path, about in known.items() if about.st_mode & stat.S_IWOTH]
    open_to_group = [
        path for path, about in known.items() if path not in open_to_all and about.st_mode & stat.S_IWGRP
        and not _is_private(about)
    ]  # fmt: skip
    foreign = [path for path, about in known.items() if about.st_uid not in {os.getuid(), 0}]
    found = []
    if open_to_all:
        found.append(
            f"Everybody on this machine may write {_named(open_to_all, root)}, and with it change what a model does. "
            f"Mend it with: chmod -R o-w {root}"
        )
    if open_to_group:
        found.append(
            f"A group may write {_named(open_to_group, root)}, and with it change what a model does. If not all of it "
            f"may train and promote, mend it with: chmod -R g-w {root}"
        )
    if foreign:
        found.append(
            f"{_named(foreign, root)} belong{'s' if len(foreign) == 1 else ''} to another user, who may change what a "
            "model does. If that is not who trains here, take the models anew from where they were made."
        )
    return found


def _is_private(about: os.stat_result) -> bool:
    """Tell whether a file's group is its owner's alone, as Linux makes one for each user."""
    import grp
    import pwd

    try:
        group, owner = grp.getgrgid(about.st_gid), pwd.getpwuid(about.st_uid)
    except KeyError:
        return False
    return group.gr_name == owner.pw_name and set(group.gr_mem) <= {owner.pw_name}


def _named(paths: list[Path], root: Path) -> str:
    names = [str(path if path == root else path.relative_to(root)) for path in paths[:_MOST_NAMED]]
    more = len(paths) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
