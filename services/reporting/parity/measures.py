"""What is compared, each as one value a rally-day, with its words in Indonesian and English. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from pamwal.contracts.parity import ParityMeasure
from pamwal.contracts.zones import HOUR_MS
from services.reporting.parity.rally_days import RallyDay

Value = Callable[[RallyDay], float | None]


class Measure(Struct, frozen=True, kw_only=True):
    """One measure: its value of a rally-day, None where that is not known; its name and its unit."""

    name: ParityMeasure
    value: Value
    more: tuple[str, str]
    """What is said of a pair that has more of it, in Indonesian and English; `{}` is by how many percent."""
    less: tuple[str, str]
    unit: tuple[str, str]


def _of_officers(row: RallyDay) -> float | None:
    return None if row.expected is None else 100 * row.officers / row.expected


def _rate(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _incidents(severity: int) -> Value:
    return lambda row: float(row.incidents[severity])


def _incident_measure(name: ParityMeasure, severity: int, words: tuple[str, str]) -> Measure:
    indonesian, english = words
    return Measure(
        name=name,
        value=_incidents(severity),
        more=(
            f"mengalami {{}}lebih banyak kejadian {indonesian} per kegiatan",
            f"had {{}}more {english} incidents per rally",
        ),
        less=(
            f"mengalami {{}}lebih sedikit kejadian {indonesian} per kegiatan",
            f"had {{}}fewer {english} incidents per rally",
        ),
        unit=("kejadian", "incidents"),
    )


MEASURES: Final = (
    Measure(
        name="officer_hours",
        value=lambda row: row.officer_ms / HOUR_MS,
        more=("mendapat {}lebih banyak jam personel per kegiatan", "received {}more officer-hours per rally"),
        less=(
            "mendapat {}lebih sedikit jam personel per kegiatan",
            "received {}fewer officer-hours per rally",
        ),
        unit=("jam", "hours"),
    ),
    Measure(
        name="officers_per_100",
        value=_of_officers,
        more=(
            "mendapat {}lebih banyak personel per 100 perkiraan massa",
            "received {}more officers per 100 expected attendees",
        ),
        less=(
            "mendapat {}lebih sedikit personel per 100 perkiraan massa",
            "received {}fewer officers per 100 expected attendees",
        ),
        unit=("personel", "officers"),
    ),
    Measure(
        name="lead_hours",
        value=lambda row: None if row.lead_ms is None else row.lead_ms / HOUR_MS,
        more=("menunggu {}lebih lama dari STTP sampai rencana", "waited {}longer from notice to plan"),
        less=("menunggu {}lebih singkat dari STTP sampai rencana", "waited {}shorter from notice to plan"),
        unit=("jam", "hours"),
    ),
    Measure(
        name="late_rate",
        value=lambda row: _rate(row.late, row.on_time + row.late),
        more=("{}lebih sering menunggu personel yang terlambat", "saw officers late {}more often"),
        less=("{}lebih jarang menunggu personel yang terlambat", "saw officers late {}less often"),
        unit=("% terlambat", "% late"),
    ),
    Measure(
        name="no_show_rate",
        value=lambda row: _rate(row.absent, row.came + row.absent),
        more=("{}lebih sering ditinggal personel yang tidak hadir", "saw officers absent {}more often"),
        less=("{}lebih jarang ditinggal personel yang tidak hadir", "saw officers absent {}less often"),
        unit=("% tidak hadir", "% absent"),
    ),
    _incident_measure("incidents_minor", 0, ("ringan", "minor")),
    _incident_measure("incidents_moderate", 1, ("sedang", "moderate")),
    _incident_measure("incidents_severe", 2, ("berat", "severe")),
    _incident_measure("incidents_extreme", 3, ("ekstrem", "extreme")),
)
"""`officer_hours`: what the deployments to the rally last, as ordered. `officers_per_100`: distinct officers
ordered, by the attendance that notice or plan expects, not by heads counted: orders come before those.
`late_rate`: of those seen there. `no_show_rate`: of those seen or missed; excused and unknown are neither.
"""


def values_of(rows: Sequence[RallyDay]) -> npt.NDArray[np.float64]:
    """rows × measures; nan where a measure is not known of a rally-day."""
    found = [
        [np.nan if (value := measure.value(row)) is None else value for measure in MEASURES] for row in rows
    ]
    return np.array(found, dtype=np.float64).reshape(len(rows), len(MEASURES))
