"""Prints one sheet with Typst, in a child process: content as JSON in, the PDF out.

A template is named from the folder that holds the packages, so that it can import the frame all sheets share.

Typst keeps what it set for the next time, some 400 MB after a few days of sheets: an edge need not hold that,
nor end with whatever a page might do to the compiler.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def render(template: str, content: str) -> bytes:
    """The PDF, by the fonts Typst brings: no network, no font of the machine. The same bytes each time.

    TypstError if the template cannot take the content.
    """
    import typst  # 40 MB, for this process only

    compiler = typst.Compiler(
        ROOT / template, root=ROOT, ignore_system_fonts=True, sys_inputs={"data": content}
    )
    found = compiler.compile(format="pdf")
    if not isinstance(found, bytes):
        raise TypeError(f"{template} gave no single PDF")
    return found


def print_sheet(content: bytes, template: str) -> bytes:
    """What the child process does."""
    return render(template, content.decode())
