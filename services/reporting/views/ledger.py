"""The ledger of one operation: does every request that arrived have its one answer? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from pamwal.contracts.claims import Mode
from pamwal.contracts.ledger import Balance, LedgerLine, LedgerRow, SourceBalance, TurnedAway
from pamwal.contracts.ledger import Ledger as LedgerAnswer
from pamwal.contracts.reporting import Sight
from services.reporting.picture import OperationPicture
from services.reporting.picture.heard import SourceHeard
from services.reporting.picture.ledger import Counts, Filed, Ledger
from services.reporting.picture.ledger_then import LedgerThen
from services.reporting.views.posts import source_row
from services.reporting.views.unnamed import unnamed_to


def ledger_of(
    ledger: Ledger | LedgerThen,
    picture: OperationPicture,
    now: str,
    *,
    mode: Mode,
    vector: Mapping[str, int],
    turned_away: TurnedAway,
    sight: Sight = "full",
    unread: int = 0,
) -> LedgerAnswer:
    """Every row of an operation's ledger, beside what its posts say they sent; for a reader of that mode.

    Nothing balances while requests are `unread`.

    A phone is named after its officer: who is told counts only has no row of a source, and those on `intel`
    are named at full sight alone.
    """
    unnamed = unnamed_to(sight, picture)
    files = ledger.files(picture.operation_id)
    rows: dict[tuple[str, str], list[Counts]] = {}
    sources: dict[tuple[str, str], list[Counts]] = {
        (post_id, name): [] for post_id, heard in picture.posts.items() for name in heard.sources
    }
    unattributed: list[Counts] = []
    for filed, counts in files.items():
        if not filed.post_id:
            unattributed.append(counts)
            continue
        rows.setdefault((filed.post_id, filed.channel), []).append(counts)
        if filed.source:
            sources.setdefault((filed.post_id, filed.source), []).append(counts)
    return LedgerAnswer(
        operation_id=picture.operation_id,
        at=now,
        vector=dict(vector),
        total=balance_of(files.values(), mode, unread),
        rows=[
            LedgerRow(post_id=post_id, channel=channel, balance=balance_of(found, mode, unread))
            for (post_id, channel), found in sorted(rows.items())
        ],
        sources=[
            replace(row, source=unnamed.text(row.source))
            for key, found in sorted(sources.items() if sight != "counts" else ())
            for row in [_source(picture, *key, found, mode, unread)]
        ],
        unattributed=balance_of(unattributed, mode, unread),
        keyless=balance_of([ledger.keyless()], mode, unread),
        turned_away=turned_away,
        unread=unread,
    )


def ledger_line(
    ledger: Ledger | LedgerThen, picture: OperationPicture, mode: Mode, unread: int = 0
) -> LedgerLine:
    """The whole operation's balance, and how many numbers its posts gave out that nobody decided."""
    files: Mapping[Filed, Counts] = ledger.files(picture.operation_id)
    missing = sum(
        source_row(name, source, picture.resets).missing
        for heard in picture.posts.values()
        for name, source in heard.sources.items()
    )
    return LedgerLine(balance=balance_of(files.values(), mode, unread), missing=missing, unread=unread)


def balance_of(files: Iterable[Counts], mode: Mode, unread: int = 0) -> Balance:
    """The sum of some files, whether it balances, and how much of it a reader of that mode is not shown."""
    total = Counts()
    for counts in files:
        total.add(counts)
    decided = sum(total.outcomes.values())
    return Balance(
        received=total.received,
        accepted=total.outcomes.get("accepted", 0),
        repeat=total.outcomes.get("repeat", 0),
        refused=total.outcomes.get("refused", 0),
        parked=total.outcomes.get("parked", 0),
        pending=total.pending,
        undeclared=total.undeclared,
        balanced=not unread and total.received == decided + total.pending and total.undeclared == 0,
        other_mode=sum(count for by, count in total.accepted_by.items() if by != mode),
    )


def _source(
    picture: OperationPicture, post_id: str, name: str, found: list[Counts], mode: Mode, unread: int
) -> SourceBalance:
    post = picture.posts.get(post_id)
    heard = post.sources.get(name) if post else None
    row = source_row(name, heard or SourceHeard(), picture.resets)
    return SourceBalance(
        post_id=post_id,
        source=name,
        balance=balance_of(found, mode, unread),
        said=max(row.said, row.highest),
        missing=row.missing,
        gaps=row.gaps,
        reused=row.reused,
    )
