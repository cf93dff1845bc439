"""`python -m benchmarks.orders`: what one order costs the scheduler, with few and with many live deployments.

No Kafka: the measured process folds an operation of so many live deployments and is asked for one more,
again and again: nine of ten are accepted, one is double booked. The scan beside it asks the same question by
looking at every deployment, as one would write it first.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from benchmarks.broker import own_state
from benchmarks.machine import Pinning, load_line, machine_line, pinning
from benchmarks.measured import Child
from benchmarks.report import Report, at_most

TARGET_US: Final = 200.0
WITHIN_S: Final = 120.0
SIZES: Final = (1_000, 10_000, 100_000)


def measure(report: Report, folder: Path, pins: Pinning, size: int) -> tuple[float, float]:
    """One run at one size; returns the median CPU microseconds of an order and of the scan."""
    arguments = (str(size),)
    with Child(
        pins.measured, "benchmarks.peers.ordering", *arguments, log_file=folder / "orders.log"
    ) as child:
        said = child.answer()
    words, end = f"{size:,} live deployments", f"{size}_live"
    target = at_most(TARGET_US)
    report.figure(f"order_cpu_us_{end}", f"{words}: an order, median CPU µs", said["order_us"], target)
    report.figure(f"order_p99_cpu_us_{end}", f"{words}: an order, p99 CPU µs", said["order_p99_us"])
    report.figure(f"memory_mb_{end}", f"{words}: memory MB, all of the process", said["rss_mb"])
    report.figure(f"fold_facts_per_s_{end}", f"{words}: folded from facts, /s", said["fold_per_s"])
    report.peer(f"scan_cpu_us_{end}", f"{words}: scan of all deployments, median CPU µs", said["scan_us"])
    return said["order_us"], said["scan_us"]


def main() -> None:
    """Runs it all and prints the report."""
    parser = argparse.ArgumentParser(description="CPU of one order, by the size of the operation.")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    pins, busy = pinning(), load_line()
    report = Report("orders", [machine_line(), pins.describe(), busy])
    with own_state() as folder:
        for _ in report.rounds("ordering", asked.runs, WITHIN_S):
            found = {size: measure(report, folder, pins, size) for size in SIZES}
            few, many = found[SIZES[0]], found[SIZES[-1]]
            growth = "an order with 100,000 live / with 1,000"
            report.ratio("growth_1000_to_100000_live", growth, many[0] / few[0], at_most(2.0))
            report.ratio("order_to_scan_100000_live", "an order / the scan, 100,000 live", many[0] / many[1])
    report.show()


if __name__ == "__main__":
    main()
