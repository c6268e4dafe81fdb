"""Write docs/api.md from the docstrings: what may be imported, and how it is called.

python docs/make_api.py
"""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import leadscore_core

PAGE = Path(__file__).with_name("api.md")
MODULES = {
    "Pipelines": ("pipelines.data", "pipelines.training", "pipelines.inference"),
    "Steps for a scheduler": ("orchestration",),
    "Extensions": ("model.derived_features", "model.algorithms", "model.measures", "training.evaluation.metrics"),
    "The pipeline and its steps": (
        "model.pipeline",
        "model.lead_model",
        "model.cleaner",
        "model.features",
        "model.classifier",
        "model.any_classifier",
    ),
    "Registry": ("registry.registry", "registry.promotion"),
}
INTRODUCTION = """# Python API

Made from the docstrings by `make api`; a test asserts that it is current. The names of `leadscore_core` are kept from
version to version; those of the modules below them may move, which the changelog says. How to add a feature, an
algorithm or a metric is in [extending.md](extending.md).
"""
_UNDERLINE = re.compile(r"^-{3,}$")


def write_api() -> str:
    """Return the page as Markdown."""
    parts = [INTRODUCTION, "## leadscore_core\n"]
    parts += [describe(name, getattr(leadscore_core, name), 3) for name in sorted(leadscore_core.__all__)]
    for title, modules in MODULES.items():
        parts.append(f"## {title}\n")
        for name in modules:
            module = importlib.import_module(f"leadscore_core.{name}")
            parts.append(f"### leadscore_core.{name}\n\n{inspect.getdoc(module)}\n")
            parts += [describe(found, member, 4) for found, member in public_members(module)]
    return "\n".join(parts)


def public_members(module: Any) -> list[tuple[str, Any]]:
    """Return the functions and classes that a module defines and offers, in the order in which they stand there."""
    own = [
        (name, member)
        for name, member in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(member) or inspect.isclass(member))
        and member.__module__ == module.__name__
    ]
    return sorted(own, key=lambda found: inspect.getsourcelines(found[1])[1])


def describe(name: str, member: Any, level: int) -> str:
    """Return a heading, the signature and the docstring of a function or a class, with the methods of a class."""
    lines = [
        f"{'#' * level} {name}\n",
        f"    {name}{signature_of(member)}\n",
        in_markdown(inspect.getdoc(member) or ""),
    ]
    if inspect.isclass(member):
        for method, function in vars(member).items():
            if isinstance(function, property | classmethod | staticmethod):
                function = function.fget if isinstance(function, property) else function.__func__
            elif not inspect.isfunction(function):
                continue
            if method.startswith("_") or not inspect.getdoc(function):
                continue
            lines.append(f"- `{method}{signature_of(function)}`: {summary_of(function)}")
        lines.append("")
    return "\n".join(lines)


def signature_of(member: Any) -> str:
    """Return how it is called, without types; the docstring says these in words."""
    try:
        signature = inspect.signature(member)
    except ValueError:
        return ""
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values() if p.name not in {"self", "cls"}]
    return re.sub(
        r"<function ([\w.<>]+) at 0x\w+>",
        r"\1",
        str(signature.replace(parameters=parameters, return_annotation=signature.empty)),
    )


def summary_of(member: Any) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((inspect.getdoc(member) or "").split("\n\n")[0].split())


def in_markdown(text: str) -> str:
    """Return a numpydoc docstring as Markdown: sections as bold words, parameters as a list, examples as code."""
    lines, result, section = text.splitlines(), [], ""
    for place, line in enumerate(lines):
        following = lines[place + 1] if place + 1 < len(lines) else ""
        if _UNDERLINE.match(line):
            continue
        if _UNDERLINE.match(following):
            section = line
            result += [f"**{line}**", ""]
        elif section == "Examples":
            result.append(f"    {line}" if line else "")
        elif section and line and not line.startswith(" "):
            result.append(f"- `{line}`" + (":" if following.startswith(" ") else ""))
        elif section and line:
            result.append(f"  {line.strip()}")
        else:
            result.append(line)
    return re.sub(r"``([^`]+)``", r"`\1`", "\n".join(result)).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(write_api(), encoding="utf-8")
