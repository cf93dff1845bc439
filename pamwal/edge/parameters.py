"""What the parameters mean that many routes share, with an example of each, for the description of an API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

PARAMETERS: Final[Mapping[str, tuple[str, Any]]] = {
    "operation_id": ("the operation it is about", "kupang-2024"),
    "number": ("the number of a SitRep", 3),
    "receipt": ("where the log keeps a request, as Pamwal-At said", "pamwal.field.requests.v1-3-42"),
    "deployment_id": ("the deployment", "d-501"),
    "incident_id": ("the incident", "i-7"),
    "officer_id": ("the officer", "KPG-0001"),
    "proposal_id": ("the draft", "draft-4f2a91c0d1ee"),
    "day": ("a day in the operation's zone", "2024-10-03"),
    "from": ("first day, in the operation's zone", "2024-09-25"),
    "to": ("last day, in the operation's zone", "2024-10-24"),
    "election": ("the election whose candidate pairs are compared", "walikota"),
    "seed": ("by what permutations are drawn", 215593174226178),
    "zone": ("the zone the day is meant in", "Asia/Makassar"),
    "at": ("a moment", "2024-10-03T09:15:00Z"),
    "known": ("what was known: by a moment, or up to a vector", "2024-10-03T14:05:00+08:00"),
    "since": ("what was known when the reader last looked", "2024-10-03T13:00:00+08:00"),
    "of": ("a number of the situation", "present"),
    "site": ("a site's id", "tps-001"),
    "kecamatan": ("code of a kecamatan", "53.71.02"),
    "role": ("what somebody is ordered to do", "guard"),
    "starts_at": ("from when on", "2024-10-03T16:00:00+08:00"),
    "ends_at": ("until when", "2024-10-03T18:00:00+08:00"),
    "available_from": ("who can be ordered from then on", "2024-10-03T16:00:00+08:00"),
    "available_to": ("who can be ordered until then", "2024-10-03T18:00:00+08:00"),
    "officer": ("the officer", "KPG-0001"),
    "place": ("a rally or a site", "rally/oebobo-1"),
    "place_id": ("the id of a rally, site or post", "oebobo-1"),
    "holds_from": ("from when on a code holds", "2024-10-03T12:00:00+08:00"),
    "holds_until": ("until when a code holds", "2024-10-03T22:00:00+08:00"),
    "code": ("from when to when it holds, and the signature", "skio0.sklfo." + "A" * 86),
    "venue": ("a venue's id", "aula-oebobo"),
    "pair": ("a candidate pair", "walikota/3"),
    "unit": ("a unit's name", "Sat Samapta"),
    "satgas": ("a task force's id", "preventif"),
    "home_post": ("a command post's id", "maulafa"),
    "post": ("a command post's id", "maulafa"),
    "skill": ("a skill", "negotiation"),
    "sprin": ("a written order's number", "Sprin/1071/X/2024"),
    "series": ("a series' id", "s-oebobo"),
    "live": ("true: those that bind somebody; false: the others", "true"),
    "covered": ("places without a gap as well", "true"),
    "released": ("those that bind nobody any more as well", "true"),
    "withdrawn": ("those withdrawn as well", "true"),
    "every": ("those ordered or thrown away as well", "true"),
    "why": ("also who is not free, and what keeps him", "true"),
    "intel": ("name officers on intel as well", "true"),
    "remove": ("withdraw who is not in the file", "true"),
    "dry_run": ("only say what would happen", "false"),
    "every_line": ("answer lines that change nothing as well", "true"),
    "filename": ("the file's name", "personel.xlsx"),
    "import_id": ("the import's id", "import-4f2a91c0d1ee"),
    "kind": ("what the file holds", "roster"),
    "state": ("where an incident stands", "verified"),
    "severity": ("how grave an incident is", "severe"),
    "kelurahan": ("code of a kelurahan, or of a kecamatan: then all its kelurahan", "53.71.02.1008"),
    "open": ("true: neither closed nor unfounded; false: the others", "true"),
    "alert_id": ("the alert", "no_show-0123456789abcdef"),
    "text": ("words to look for", "macet"),
    "standing": ("false: those alerts that were retracted, too", "false"),
    "duplicates": ("false: leave out what counts as another incident", "false"),
    "assigned": ("to whom", "me"),
    "sha256": (
        "SHA-256 of a file, lower-case hex",
        "ab" * 32,
    ),
    "form": ("the form of the file", "xlsx"),
    "q": ("a name as people write it", "Batu Plat"),
    "within": ("a kecamatan", "Oebobo"),
    "after": ("where the page before ended", ""),
    "limit": ("how many rows at the most", 200),
    "tick_ms": ("how often changes are told", 0),
    "last_event_id": ("the last event that was seen", ""),
}


def explain(asked: dict[str, Any]) -> None:
    """Adds to a described parameter what it lacks: a meaning, and an example unless its schema has some."""
    meaning, example = PARAMETERS.get(asked["name"], ("", ""))
    if meaning:
        asked.setdefault("description", meaning)
    choices = _choices(asked.get("schema", {}))
    if choices and example not in choices:
        example = choices[0]
    if example != "" and "examples" not in asked.get("schema", {}):
        asked.setdefault("example", example)


def _choices(schema: Mapping[str, Any]) -> list[Any]:
    """What a parameter must be one of, if it must."""
    return [choice for each in (schema, *schema.get("anyOf", ())) for choice in each.get("enum", ())]
