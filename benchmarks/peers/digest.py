"""What the product's fold and the one beside it have to agree in, or they did not do the same work.

Lines sorted by their key, each `<operation>|<what>|<numbers>`, hashed:

    seen|<place>     check-ins, check-outs, and who stands there: the last report is a check-in there
    ordered|<place>  deployments ordered there, 0, 0
    rallies, roster  how many are known, 0, 0
    <post>|heard     when an edge last had something from the post, and its highest number

Reports of an officer are put in order by (when it occurred, fact id, post). The product keeps more than this
(who asked, gaps, what a post told, every version of a plan); whoever is compared with it need not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pamwal.contracts.field import CheckedIn
from services.reporting.picture import OperationPicture, Pictures

Counts = dict[str, list[int]]


def digest_of(pictures: Pictures) -> str:
    """Hex SHA-256 over the pictures of all modes; an operation has one."""
    lines: dict[str, str] = {}
    for picture in pictures.of.values():
        for operation in picture.operations.values():
            lines |= {f"{operation.operation_id}|{key}": said for key, said in lines_of(operation)}
    whole = hashlib.sha256()
    for line in sorted(lines):
        whole.update(f"{line}|{lines[line]}\n".encode())
    return whole.hexdigest()


def lines_of(operation: OperationPicture) -> Iterable[tuple[str, str]]:
    """Key and numbers of each line of one operation."""
    counts: Counts = {}
    _count_seen(operation, counts)
    planned = operation.planned
    for versions in planned.deployments.values():
        place = getattr(versions[max(versions)], "place", None)
        _count(counts, f"ordered|{place}", 0)
    for _ in planned.rallies:
        _count(counts, "rallies", 0)
    for _ in planned.officers:
        _count(counts, "roster", 0)
    yield from ((key, "|".join(map(str, found))) for key, found in counts.items())
    for post_id, post in operation.posts.items():
        highest = max((source.numbers.highest for source in post.sources.values()), default=0)
        yield f"{post_id}|heard", f"{post.last_heard}|{highest}"


def _count_seen(operation: OperationPicture, counts: Counts) -> None:
    for reports in operation.reports.values():
        told = [(fact.occurred_at, fact.id, asked.postid or "", fact) for fact, asked in reports.values()]
        for *_, fact in told:
            _count(counts, f"seen|{fact.place}", 0 if isinstance(fact, CheckedIn) else 1)
        last = max(told, key=lambda each: each[:3])[3]
        if isinstance(last, CheckedIn):
            _count(counts, f"seen|{last.place}", 2)


def _count(counts: Counts, key: str, column: int) -> None:
    counts.setdefault(key, [0, 0, 0])[column] += 1
