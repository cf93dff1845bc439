"""3 October 2024 in Kupang: where, when and by whom 14 rallies are secured.

Ids are invented and names are placeholders.
The figures are S1 of the domain: 5 command posts, 6 task forces, 14 venues in 11 kelurahan, 151 officers,
11 at each of 11 first venues and 10 at a second venue in Oebobo, Sikumana and Oesapa.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

from msgspec import Struct

from pamwal.contracts.instants import from_ms
from pamwal.contracts.places import kecamatan_of
from pamwal.contracts.scheduling import DeploymentRole, Post, RallyKind, TaskForce

ZONE: Final = "Asia/Makassar"
WITA: Final = timezone(timedelta(hours=8), "WITA")
DAY: Final = "2024-10-03"
REGION: Final = "53.71"
FIRST_DAY, LAST_DAY = "2024-09-25", "2024-11-23"

POSTS: Final = (
    Post(post_id="alak", name="Posko Alak", kecamatan=["53.71.01"]),
    Post(post_id="maulafa", name="Posko Maulafa", kecamatan=["53.71.02"]),
    Post(post_id="kelapa-lima", name="Posko Kelapa Lima", kecamatan=["53.71.03"]),
    Post(post_id="oebobo", name="Posko Oebobo", kecamatan=["53.71.04"]),
    Post(post_id="kota-lama", name="Posko Kota Lama", kecamatan=["53.71.06"]),
)
TASK_FORCES: Final = (
    TaskForce(satgas_id="preemtif", name="Satgas Preemtif"),
    TaskForce(satgas_id="preventif", name="Satgas Preventif"),
    TaskForce(satgas_id="kamseltibcarlantas", name="Satgas Kamseltibcarlantas"),
    TaskForce(satgas_id="gakkum", name="Satgas Gakkum"),
    TaskForce(satgas_id="humas", name="Satgas Humas"),
    TaskForce(satgas_id="banops", name="Satgas Banops"),
)
PAIRS: Final = tuple(f"walikota/{number}" for number in range(1, 6))

FIRST_VENUE_STRENGTH: Final[dict[DeploymentRole, int]] = {
    "field_commander": 1, "escort": 3, "guard": 4, "traffic": 2, "patrol": 1,
}  # fmt: skip
SECOND_VENUE_STRENGTH: Final[dict[DeploymentRole, int]] = {**FIRST_VENUE_STRENGTH, "guard": 3}

_SATGAS_OF: Final[dict[DeploymentRole, tuple[str, ...]]] = {
    "field_commander": ("preventif",),
    "escort": ("preventif", "gakkum", "banops"),
    "guard": ("preventif", "preemtif", "banops", "humas"),
    "traffic": ("kamseltibcarlantas", "kamseltibcarlantas"),
    "patrol": ("preventif",),
}


class PlannedRally(Struct, frozen=True, kw_only=True):
    """One rally, its venue, its local hours (milliseconds since 1970) and the strength it needs."""

    rally_id: str
    kelurahan: str
    venue_name: str
    kind: RallyKind
    pair: str
    starts_ms: int
    ends_ms: int
    required: dict[DeploymentRole, int]
    expected_attendance: int

    @property
    def place(self) -> str:
        """How a deployment or a check-in names it."""
        return f"rally/{self.rally_id}"

    @property
    def starts_at(self) -> str:
        """As an Instant."""
        return from_ms(self.starts_ms)

    @property
    def ends_at(self) -> str:
        """As an Instant."""
        return from_ms(self.ends_ms)

    @property
    def post(self) -> str:
        """The command post whose kecamatan it lies in."""
        return POST_OF_KECAMATAN[kecamatan_of(self.kelurahan)]


class DayOfficer(Struct, frozen=True, kw_only=True):
    """One officer and the one deployment of the day."""

    officer_id: str
    satgas: str
    role: DeploymentRole
    rally: PlannedRally

    @property
    def deployment_id(self) -> str:
        """One officer has one deployment, so its id follows from the officer's."""
        return f"D-{self.officer_id}"


POST_OF_KECAMATAN: Final = {code: post.post_id for post in POSTS for code in post.kecamatan}


def local_ms(clock: str) -> int:
    """Milliseconds since 1970 of a wall clock in Kupang on the day: `local_ms("08:30")`."""
    return round(datetime.fromisoformat(f"{DAY}T{clock}").replace(tzinfo=WITA).timestamp() * 1000)


def clock_of(ms: int) -> str:
    """The wall clock in Kupang of a moment: `08:30`."""
    return f"{datetime.fromtimestamp(ms / 1000, WITA):%H:%M}"


# rally, kelurahan code, venue, kind, from, to, people expected; in the order of the day
_HOURS: Final[tuple[tuple[str, str, str, RallyKind, str, str, int], ...]] = (
    ("batu-plat-1", "53.71.01.1009", "Halaman Batu Plat", "limited_meeting", "08:00", "10:00", 250),
    ("oebobo-1", "53.71.04.1001", "Balai Oebobo", "limited_meeting", "08:30", "10:30", 400),
    ("oepura-1", "53.71.02.1001", "Lapangan Oepura", "face_to_face", "09:00", "11:00", 300),
    ("oeba-1", "53.71.06.1007", "Balai Oeba", "dialogue", "09:30", "11:30", 200),
    ("lasiana-1", "53.71.03.1011", "Pantai Lasiana", "face_to_face", "10:00", "12:00", 350),
    ("fatukoa-1", "53.71.02.1006", "Halaman Fatukoa", "limited_meeting", "10:30", "12:30", 180),
    ("oesapa-barat-1", "53.71.03.1014", "Balai Oesapa Barat", "dialogue", "11:00", "13:00", 220),
    ("naikolan-1", "53.71.02.1009", "Balai Naikolan", "limited_meeting", "13:00", "15:00", 260),
    ("oesapa-1", "53.71.03.1010", "Lapangan Oesapa", "face_to_face", "14:00", "16:00", 500),
    ("oesapa-2", "53.71.03.1010", "Balai Oesapa", "dialogue", "14:30", "16:30", 150),
    ("sikumana-1", "53.71.02.1008", "Lapangan Sikumana", "face_to_face", "15:30", "17:30", 450),
    ("sikumana-2", "53.71.02.1008", "Balai Sikumana", "limited_meeting", "16:00", "18:00", 160),
    ("oebobo-2", "53.71.04.1001", "Gedung Oebobo", "dialogue", "18:30", "20:30", 300),
    ("oesapa-selatan-1", "53.71.03.1015", "Halaman Oesapa Selatan", "limited_meeting", "19:00", "21:00", 240),
)


def rallies() -> list[PlannedRally]:
    """The 14 rallies in the order of their hours."""
    return [
        PlannedRally(
            rally_id=rally_id,
            kelurahan=kelurahan,
            venue_name=venue,
            kind=kind,
            pair=PAIRS[number % len(PAIRS)],
            starts_ms=local_ms(starts),
            ends_ms=local_ms(ends),
            required=SECOND_VENUE_STRENGTH if rally_id.endswith("-2") else FIRST_VENUE_STRENGTH,
            expected_attendance=people,
        )
        for number, (rally_id, kelurahan, venue, kind, starts, ends, people) in enumerate(_HOURS)
    ]


def officers(held: list[PlannedRally]) -> list[DayOfficer]:
    """The officers of these rallies, KPG-0001 and on, each with a satgas that fits the role."""
    found: list[DayOfficer] = []
    for rally in held:
        for role, count in rally.required.items():
            for place in range(count):
                choices = _SATGAS_OF[role]
                found.append(
                    DayOfficer(
                        officer_id=f"KPG-{len(found) + 1:04d}",
                        satgas=choices[place % len(choices)],
                        role=role,
                        rally=rally,
                    )
                )
    return found
