"""What every test may ask for: one real broker for the whole run, or for each worker of a shared one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pamwal.local.kafka import LocalKafka, running_kafka
from tests.logs_kept import logs_as_before
from tests.ports import reserved_port
from tests.sharing_out import scheduler, turn_of

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler.loadscope import LoadScopeScheduling

    from tests.secured_kafka import SecuredKafka

REPOSITORY = Path(__file__).resolve().parents[1]


def pytest_configure() -> None:
    """Share the resolved jars: each broker of a test has a state folder of its own.

    Let the programs that tests start hear Ctrl-C, which programs in the background ignore. Give examples of
    Hypothesis no deadline: on a busy machine one would fail for its time alone.
    """
    from hypothesis import settings

    settings.register_profile("without a deadline", deadline=None)
    settings.load_profile("without a deadline")
    state = os.environ.get("PAMWAL_STATE") or str(REPOSITORY / ".pamwal")
    os.environ.setdefault("PAMWAL_KAFKA_JARS", str(Path(state).absolute() / "kafka" / "jars"))
    # A broker of a test lives for a minute or less. Java's optimizing compiler would take up to 60 % of its
    # CPU time, and what it compiles would hardly run.
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """With `-n`, share out as `sharing_out.py` says."""
    return scheduler(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A worker of a shared run has the tests in the order in which they are given out."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn_of(item.nodeid))


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """No test leaves its logging to the next one."""
    with logs_as_before():
        yield


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """A broker that runs until the last test is over; `.bootstrap_servers` is what clients need.

    It is the one of PAMWAL_BOOTSTRAP_SERVERS if that is set. Without any way to a Kafka the test fails with
    the sentence that says what to install: a skipped test would look like a passed one. Tests share the
    broker, so each uses topics, groups and transactional ids of its own; one that kills a broker starts
    its own.
    """
    folder = tmp_path_factory.mktemp("kafka")
    with reserved_port() as port, running_kafka(folder, port=port) as broker:
        yield broker


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """A broker with TLS, SCRAM and access rules that runs until the last test is over."""
    # Imported here: its Kafka client takes a fifth of a second to load, and few tests need it.
    from tests.secured_kafka import secured_kafka

    with secured_kafka(tmp_path_factory.mktemp("secured")) as found:
        yield found
