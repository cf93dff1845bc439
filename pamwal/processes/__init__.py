"""Work on what clients send, in child processes with limits of memory and time.

Begin with `limited.py`, the parent's side; `child.py` is what the child process runs.
"""

from __future__ import annotations

from pamwal.processes.limited import LimitedProcesses, ProcessLimits

__all__ = ["LimitedProcesses", "ProcessLimits"]
