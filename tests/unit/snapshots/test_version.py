"""The version of a fold: its code and all it stands on, so that no change of a state can be forgotten."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from pamwal.snapshots import version
from pamwal.snapshots.partition import FOLDED_BY, DeciderSnapshots
from pamwal.snapshots.states import states_of
from pamwal.snapshots.version import OWN, closure, fold_version, imported
from pamwal.wire.core import ACCEPTED_ONLY
from services.checkin.core import CheckinCore
from services.reporting.core import ReportingCore
from services.scheduler.core import SchedulerCore

CORES: list[Any] = [SchedulerCore(), CheckinCore(), ReportingCore()]


def imported_by_python(path: Path) -> set[str]:
    """What the parser finds: every module, and every name that may be one."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; name the module whole"
            found |= {node.module or "", *(f"{node.module}.{each.name}" for each in node.names)}
    return {name for name in found if name.split(".")[0] in OWN}


@pytest.mark.parametrize("core", CORES, ids=lambda core: core.service)
def test_all_that_a_core_stands_on_is_in_its_version(core: Any) -> None:
    found = closure([*FOLDED_BY, *states_of(core).folded_by])
    assert len(found) > 40
    for name, path in found.items():
        for needed in imported_by_python(path):
            known = needed in found or needed.rpartition(".")[0] in found
            assert known, f"{name} imports {needed}, which the version does not look at"
            if needed not in found:
                assert not is_module(needed), f"{needed} is a module that {name} imports"


def is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def test_states_and_contracts_are_in_it_and_what_a_fold_never_sees_is_not() -> None:
    found = closure(["services.checkin.core"])
    assert {"services.checkin.deciding.state", "pamwal.contracts.numbers", "pamwal.contracts"} <= set(found)
    assert not {"pamwal.edge.app", "services.checkin.app", "services.scheduler.core"} & set(found)


def test_one_changed_letter_anywhere_is_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {name: tmp_path / f"{name}.py" for name in ("pamwal.a", "pamwal.b")}
    names["pamwal.a"].write_text("from pamwal.b import (\n    State,  # what is kept\n)\n", encoding="utf-8")
    names["pamwal.b"].write_text("State = dict[str, int]\n", encoding="utf-8")
    monkeypatch.setattr(version, "_file_of", names.get)

    def now() -> str:
        fold_version.cache_clear()
        return fold_version("pamwal.a")

    first = now()
    assert now() == first
    names["pamwal.b"].write_text("State = dict[str, str]\n", encoding="utf-8")
    assert now() != first, "a state's shape lies in a module that is imported"
    names["pamwal.b"].write_text("State = dict[str, int]\n", encoding="utf-8")
    assert now() == first, "taken back, the old snapshots are good again"
    fold_version.cache_clear()


def test_services_do_not_take_each_other_for_themselves(tmp_path: Path) -> None:
    kept = [DeciderSnapshots(tmp_path, core) for core in CORES]
    assert len({each.version for each in kept}) == len(CORES)
    assert len({each.folder("c", 3).path for each in kept}) == len(CORES)


def test_a_core_that_evolves_other_outcomes_finds_no_snapshot_of_before(tmp_path: Path) -> None:
    class Before(ReportingCore):
        evolves = ACCEPTED_ONLY

    now, before = DeciderSnapshots(tmp_path, ReportingCore()), DeciderSnapshots(tmp_path, Before())
    assert now.version != before.version


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import pamwal.a", {"pamwal.a"}),
        ("from pamwal.a import b, c as d", {"pamwal.a", "pamwal.a.b", "pamwal.a.c"}),
        ("if x:\n    from pamwal.a import b  # why, here", {"pamwal.a", "pamwal.a.b"}),
        (
            "from pamwal.a import (\n    b,\n    c as d,  # e, f\n)\n",
            {"pamwal.a", "pamwal.a.b", "pamwal.a.c"},
        ),
    ],
)
def test_imports_are_found_in_each_way_they_are_written(source: str, expected: set[str]) -> None:
    assert set(imported(source)) == expected
