"""Tables of commands: side by side where they fit, row by row where they do not, and no id is ever cut."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pamwal.cli._console import show_table
from pamwal.client.tables import plain_table

IDS = [f"01924d19-000{number}-7c3e-9a41-5b6f2d8e000{number}" for number in (1, 2)]


def drawn(table: Table, width: int) -> list[str]:
    to: Any = Console(file=io.StringIO(), width=width)
    show_table(to, table)
    return [line.rstrip() for line in to.file.getvalue().splitlines()]


def incidents() -> Table:
    table = plain_table("Incidents", "incident", ("files",))
    for name in ("when", "what"):
        table.add_column(name)
    for number, name in enumerate(IDS, start=1):
        table.add_row(name, str(number), "2024-10-03 17:00 WITA", Text("fire [in the market] by the bridge"))
    return table


def test_what_fits_stands_side_by_side_and_wraps_between_words() -> None:
    assert drawn(incidents(), 110)[2].split("  ")[0] == IDS[0]
    lines = drawn(incidents(), 80)
    assert [line.split()[0] for line in lines if line.startswith("01924d19")] == IDS
    assert all(len(line) <= 80 for line in lines)
    assert "bridge" in " ".join(lines)


def test_what_does_not_fit_is_shown_row_by_row_with_its_ids_whole() -> None:
    assert drawn(incidents(), 60) == [
        "Incidents",
        *(
            line
            for number, name in enumerate(IDS, start=1)
            for line in (
                *([""] if number > 1 else []),
                f"incident  {name}",
                f"files     {number}",
                "when      2024-10-03 17:00 WITA",
                "what      fire [in the market] by the bridge",
            )
        ),
    ]
    assert f"incident  {IDS[0]}" in drawn(incidents(), 20), "not even a narrow one breaks an id"
