"""How `pytest -n 2` shares the tests out: whole services in one unit a folder, the rest by file.

The groups that pytest-xdist has of its own are marks, of which its released versions lose sight under pytest
9.2: every test then goes its own way. An address is all that is needed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler.loadscope import LoadScopeScheduling

WHOLE_PRODUCT: Final = ("tests/chaos/", "tests/integration/")
"""These start, kill and time whole services. Each folder is one unit: with two workers both folders begin at
once, and never more than two such tests run at the same time. Only tests/integration uses default ports."""
WITH_BROKERS: Final = ("tests/local/", "tests/wire/")


def unit_of(address: str) -> str:
    """What one worker runs in one go: a test's file, or a folder that is about the whole product."""
    file = address.partition("::")[0]
    return next((folder for folder in WHOLE_PRODUCT if file.startswith(folder)), file)


def turn_of(address: str) -> int:
    """When its unit is given out: the longest first, other brokers last, when that one may be through."""
    return 0 if address.startswith(WHOLE_PRODUCT) else 2 if address.startswith(WITH_BROKERS) else 1


def scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Gives units to the workers, in the order of the tests."""
    # Imported here: without -n nobody needs it, and '-p no:xdist' is to work where it is not installed.
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    config.option.loadscopereorder = False
    return ByUnit(config, log)
