"""Reporting's decider: there is none yet. It comes with alerts and SitReps, the first things decided here."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

NO_DECIDER: Final = (
    "reporting decides nothing yet: its decider comes with alerts and SitReps. Run it with --role edge"
)


def decider_alone(arguments: Sequence[str]) -> bool:
    """Whether a process was asked to be the decider and nothing else."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--role", default="all")
    return bool(parser.parse_known_args(arguments)[0].role == "decider")
