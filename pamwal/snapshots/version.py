"""The version of a fold: a digest over its code. Nobody has to remember to raise it.

A state's shape is half of what a snapshot depends on; the other half is what each fact does to it. Both are
the source text of the module that folds and of all it imports from this product. So another release begins
with a fold of the whole log, unless it changed nothing of that.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import Final

OWN: Final = ("pamwal", "services")
"""The product's own packages; of others only msgspec shapes what is kept."""
_IMPORT: Final = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]+)|import[ \t]+([\w.]+))", re.MULTILINE
)
_NAME: Final = re.compile(r"(\w+)(?:[ \t]+as[ \t]+\w+)?[ \t]*(?:,|$)", re.MULTILINE)
_COMMENT: Final = re.compile(r"#[^\n]*")


@cache
def fold_version(*modules: str, takes: frozenset[str] = frozenset()) -> str:
    """64 hex digits for the fold that these modules hold, with all they import.

    `takes`: which outcomes of decisions it folds, where that is said elsewhere.
    """
    begin = f"{sys.version_info[:2]} {sys.byteorder} {installed('msgspec')} {sorted(takes)}"
    digest = hashlib.sha256(begin.encode())
    for name, path in sorted(closure(modules).items()):
        content = path.read_bytes()
        digest.update(f"\n{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def closure(modules: Iterable[str]) -> dict[str, Path]:
    """Module → file, for these modules and every own one they import, however far away."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in found or name.split(".")[0] not in OWN:
            continue
        path = _file_of(name)
        if path is None:
            continue
        found[name] = path
        waiting += imported(path.read_text(encoding="utf-8"))
        parent = name.rpartition(".")[0]
        if parent:
            waiting.append(parent)
    return found


def imported(source: str) -> Iterator[str]:
    """Every module that a source text may import; names that are none are among them."""
    for package, names, module in _IMPORT.findall(source):
        yield package or module
        for name in _NAME.findall(_COMMENT.sub("", names).strip("() \t\n")):
            yield f"{package}.{name}"


def _file_of(name: str) -> Path | None:
    """The source of a module; None for what is no module, or a folder without one of its own."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    return None if spec is None or not spec.has_location or spec.origin is None else Path(spec.origin)
