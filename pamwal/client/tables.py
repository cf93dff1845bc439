"""What a terminal shows of a situation and its ledger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.table import Table
from rich.text import Text

from pamwal.contracts.incidents_shown import IncidentRow
from pamwal.contracts.ledger import Balance, Ledger
from pamwal.contracts.reporting import Situation, Strength
from pamwal.contracts.rolled_up import OperationRow, RolledUp
from pamwal.contracts.zones import local_text

ALSO: Final = {
    "unplanned": "present without an order",
    "unregistered": "on no roster, not counted",
    "excused": "excused",
    "reserved": "reserved, not ordered yet",
    "reinforcement": "reinforcement",
    "on_call": "on call",
    "relieved": "relieved",
    "left": "left early",
}
"""Counts of a strength that are seldom there, and shown only then."""
STRENGTH_COLUMNS: Final = (
    "ordered", "present", "at place", "wrong", "on time", "late", "awaited", "absent", "unknown",
)  # fmt: skip
BALANCE_COLUMNS: Final = ("received", "accepted", "repeat", "refused", "parked", "pending")


def kecamatan_table(situation: Situation) -> Table:
    """Strength by kecamatan, and in total."""
    at = local_text(situation.at, situation.zone)
    rows = ((row.name, row.strength) for row in situation.kecamatan)
    return _strength_table(f"Situation at {at}", "kecamatan", rows, situation.total)


def children_table(situation: Situation, whole: RolledUp) -> Table:
    """Strength by the operations below this one, each with all below it, and of all together."""
    rows = [(f"{row.name} ({row.operations}): {_troubles(row)}", row.strength) for row in situation.children]
    heard = f"{whole.posts.heard} of {whole.posts.total} posts heard"
    title = f"{whole.operations} operations, each officer once; {heard}; {_troubles(whole)}"
    table = _strength_table(title, "operation", rows, whole.strength)
    said = [f"not counted: {each.operation_id or 'some'}, {each.why}" for each in whole.unseen]
    said += [f"parents in a ring: {', '.join(whole.cycle)}"] if whole.cycle else []
    said += [
        f"{each.officer_id} is wanted by {each.first.operation_id} and {each.second.operation_id}"
        f" until {local_text(each.ends_at, situation.zone)}"
        for each in whole.overlaps
    ]
    hidden = whole.overlapping - len(whole.overlaps)
    said += [f"{hidden} officers more are wanted by two operations at once"] if hidden else []
    table.caption = "\n".join(said) or None
    table.caption_justify = "left"
    return table


def _troubles(of: OperationRow | RolledUp) -> str:
    return f"{sum(of.alerts.values())} alerts, {of.incidents.open} open incidents"


def venue_table(situation: Situation) -> Table:
    """Strength by venue and site: who stands there."""
    venues = [(row.name, row.strength) for row in situation.venues]
    sites = [(row.name, row.strength) for row in situation.sites]
    return _strength_table("By venue and site", "place", venues + sites, None)


def satgas_table(situation: Situation) -> Table:
    """Strength by task force."""
    rows = ((row.name, row.strength) for row in situation.satgas)
    return _strength_table("By task force", "satgas", rows, None)


def happenings_table(situation: Situation) -> Table:
    """What is closed, rallies by state, every incident, and how complete the picture is."""
    rallies, posts = situation.rallies, situation.posts
    table = plain_table("Rallies, incidents, posts", "what", ())
    table.add_column("how it is")
    if situation.closed or situation.day_closed:
        table.add_row("operation", "closed" if situation.closed else "this day is closed")
    if also := also_words(situation.total):
        table.add_row("deployments", also)
    states = ("planned", "active", "ended", "cancelled", "unnoticed")
    counts = [f"{getattr(rallies, name)} {name}" for name in states if getattr(rallies, name)]
    table.add_row("rallies", ", ".join(counts) or "none")
    for rally in rallies.rows:
        if rally.attendance is not None:
            expected = "" if rally.expected is None else f" of {rally.expected} expected"
            table.add_row(f"people at {rally.rally_id}", f"{rally.attendance}{expected}")
    for incident in situation.incidents.rows:
        how = f"{incident.kind}, {incident.severity}: {incident.state}{_also(incident)}"
        table.add_row(f"incident {incident.incident_id}", how)
    heard = f"{posts.heard} of {posts.total} heard within {posts.silent_post_min} min"
    table.add_row("posts", f"{heard}, {posts.missing} numbers missing")
    alerts = situation.alerts
    if alerts.standing:
        kinds = ", ".join(f"{count} {kind}" for kind, count in alerts.by_kind.items())
        table.add_row("alerts", f"{alerts.standing} stand, {alerts.new} new: {kinds}")
    _add_posts(table, situation)
    return table


def _add_posts(table: Table, situation: Situation) -> None:
    """Polls, and what is to be said of a post."""
    if situation.polls.asked:
        polls = situation.polls
        answered = f"{polls.acked} of {polls.asked - polls.excused} answered"
        how = f"{answered}, {polls.pending} pending, {polls.missed} missed"
        table.add_row("accountability polls", how)
    if situation.posts.crowded:
        told = "more than 1,000 spoke that the operation does not list: only the first by name are told of"
        table.add_row("posts", told)
    for post in situation.posts.rows:
        if post.closed_at is not None:
            after = f", {post.after_closing} reports after that" if post.after_closing else ""
            at = local_text(post.closed_at, situation.zone)
            table.add_row(f"post {post.post_id}", f"closed its day at {at}{after}")
        if post.on_watch is not None:
            handing = f", handing over to {post.handing_to}" if post.handing_to else ""
            table.add_row(f"watch of {post.post_id}", f"{post.on_watch}{handing}")
        if post.crowded:
            told = "named more than 2,000 devices: the numbers of the others are not watched"
            table.add_row(f"post {post.post_id}", told)
        if post.reused:
            table.add_row(f"post {post.post_id}", f"{post.reused} numbers used again: a device began anew")


def _also(incident: IncidentRow) -> str:
    """What is not said of every incident: who came to harm, who has it in hand, and what is the same."""
    harm, parts = incident.casualties, []
    counts = ((harm.dead, "dead"), (harm.injured, "injured"), (harm.missing, "missing"))
    parts += [f"{count} {word}" for count, word in counts if count]
    if incident.escalated_to:
        parts.append(f"escalated to {incident.escalated_to}")
    if incident.assignees:
        parts.append(f"with {', '.join(incident.assignees)}")
    if incident.duplicates:
        parts.append(f"also told as {', '.join(incident.duplicates)}")
    return "".join(f"; {part}" for part in parts)


def also_words(strength: Strength) -> str:
    """`3 reserved, not ordered yet; 1 excused`: what the columns leave out, empty if there is none."""
    counts = ((getattr(strength, name), words) for name, words in ALSO.items())
    return "; ".join(f"{count} {words}" for count, words in counts if count)


def ledger_table(ledger: Ledger) -> Table:
    """What every post said, by channel, and what became of it."""
    table = plain_table("Ledger: received = accepted + repeat + refused + parked + pending", "post", ())
    table.add_column("channel")
    for name in (*BALANCE_COLUMNS, ""):
        table.add_column(name, justify="right")
    for row in ledger.rows:
        table.add_row(row.post_id, row.channel, *_balance_cells(row.balance, ledger.unread))
    table.add_section()
    table.add_row("total", "", *_balance_cells(ledger.total, ledger.unread), style="bold")
    said = []
    if ledger.total.other_mode:
        said.append(f"{ledger.total.other_mode} accepted of tokens of the other mode: in no picture")
    if ledger.unread:
        said.append(f"still being read, {ledger.unread} requests to go: nothing adds up before; ask again")
    table.caption = "; ".join(said) or None
    return table


def plain_table(title: str, first: str, columns: Iterable[str]) -> Table:
    """A table without lines; all but the first column hold numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    table.add_column(first, no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right")
    return table


def duration(hours: float) -> str:
    """`2:39` of 2.656 hours: hours and minutes, rounded to the minute."""
    minutes = round(hours * 60)
    return f"{'-' if minutes < 0 else ''}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"


def mark(holds: bool) -> Text:
    """✓ or ✗."""
    return Text("✓", style="green") if holds else Text("✗", style="bold red")


def _strength_table(
    title: str, first: str, rows: Iterable[tuple[str, Strength]], total: Strength | None
) -> Table:
    table = plain_table(title, first, STRENGTH_COLUMNS)
    table.padding = (0, 1, 0, 0)  # so that no heading is cut at 80 columns
    for name, strength in rows:
        table.add_row(name, *_strength_cells(strength))
    if total is not None:
        table.add_section()
        table.add_row("total", *_strength_cells(total), style="bold")
    return table


def _strength_cells(strength: Strength) -> list[str]:
    return _cells(
        strength.ordered, strength.present, strength.at_place, strength.wrong_place, strength.on_time,
        strength.late, strength.awaited, strength.absent, strength.unknown,
    )  # fmt: skip


def _balance_cells(balance: Balance, unread: int) -> list[str | Text]:
    numbers = _cells(
        balance.received, balance.accepted, balance.repeat, balance.refused, balance.parked, balance.pending
    )
    return [*numbers, Text("…") if unread else mark(balance.balanced)]


def _cells(*numbers: int) -> list[str]:
    """A zero is a dot, so that the eye finds what is not."""
    return [str(number) if number else "·" for number in numbers]
