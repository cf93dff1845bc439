"""Undoing an import: all that it changed and nobody changed since, in one decision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.json import encode

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.scheduling import (
    ROWS_MAX,
    ImportReverted,
    RevertImport,
    SchedulingFact,
    SiteWithdrawn,
)
from services.scheduler.deciding.deployments import cancel
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.moving import call_off
from services.scheduler.deciding.rallies import planned_as, rules_reason
from services.scheduler.deciding.refusals import interval, not_yours, outside_region, unknown
from services.scheduler.deciding.roster import (
    holders_in_the_way,
    live_of,
    nrp_taken,
    registered_as,
    take_off,
)
from services.scheduler.deciding.sites import outside_hours
from services.scheduler.deciding.sites import registered_as as site_registered_as
from services.scheduler.deciding.state import RALLY, SITE, Deployment, Import, Officer, Operation, Rally, Site
from services.scheduler.deciding.telling import tell

BYTES_MAX: Final = 7 * 1024 * 1024
"""What the facts and warnings of one revert may take, so that its decision fits a record of 8 MiB."""

ONE_BY_ONE_MAX: Final = ROWS_MAX
"""Of an import that changed more officers, those who leave are named in one fact: 50,000 in 2 MiB at most."""


def revert_import(draft: Draft, data: RevertImport) -> Verdict[SchedulingFact]:
    """Brings back what stood before an import. What changed since is named and left; so is what was ordered.

    Orders go first, then rallies, then officers, then sites, so that a site is withdrawn once nobody is
    ordered there.
    """
    made = draft.before.imports.get(data.import_id)
    if made is None:
        return Verdict(reason=unknown("import", data.import_id))
    if _touches_hidden(draft, made):
        message = f"import {data.import_id} cannot be reverted by you"
        return Verdict(reason=not_yours(message, "let the ops_head ask for it", data.import_id))
    reverting = Reverting(draft, data, together=len(made.officers) > ONE_BY_ONE_MAX)
    for deployment_id, version in sorted(made.deployments.items()):
        reverting.deployment(deployment_id, version)
    for rally_id, (version, rally) in sorted(made.rallies.items(), key=_by_name):
        reverting.rally(rally_id, version, rally)
    reverting.compare_nrps(made)
    for officer_id, (version, officer) in sorted(made.officers.items(), key=_by_name):
        reverting.officer(officer_id, version, officer)
    for site_id, (version, site) in sorted(made.sites.items(), key=_by_name):
        reverting.site(site_id, version, site)
    reverting.tell()
    if reverting.officers:
        said = f"{len(reverting.officers)} officers of import {data.import_id} are withdrawn"
        draft.warn("withdrawn_together", said, data.import_id)
    elif not draft.facts:
        draft.warn("unchanged", f"nothing of import {data.import_id} is left to revert", data.import_id)
        return draft.verdict()
    draft.record(
        ImportReverted(
            id=draft.fact_id(),
            version=made.reverted + 1,
            import_id=data.import_id,
            cause=data.cause,
            officers=reverting.officers,
        )
    )
    size = len(encode((draft.facts, draft.warnings)))
    return draft.verdict() if size <= BYTES_MAX else Verdict(reason=_too_large(data.import_id, size))


class Reverting:
    """One revert under way: each method takes one subject back to `before`, or says why not."""

    def __init__(self, draft: Draft, data: RevertImport, *, together: bool) -> None:
        """`together`: who is withdrawn is named in `officers`, and by no fact of his own."""
        self._together = together
        self.officers: dict[str, int] = {}
        self._draft, self._import_id, self._cause = draft, data.import_id, data.cause
        self._begun = data.begun
        self._named: set[str] = set()
        self._told: list[Reason] = []
        self._nrp_holders: dict[str, str] = {}
        """Officers whose former NRP somebody else has now → who has it."""
        self._since: dict[str, Deployment] = {}
        """What was ordered since the import, in the order it was met."""

    def deployment(self, deployment_id: str, version: int) -> None:
        """An order is cancelled, unless it was touched since, as by an acknowledgement, or its hours began.

        Who is on his way, or stands there, is called back by a person and not by a file. What the field saw
        is no business of this service; who checked in before his hours shows as present without an order.
        """
        draft, known = self._draft, self._draft.state.deployments[deployment_id]
        self._named.add(deployment_id)
        if known.version != version:
            self._told.append(_stepped_since(known))
        elif known.starts_at <= draft.knownat and not self._begun:
            self._told.append(_begun(draft.operation, known, draft.knownat))
        else:
            cancel(draft, known, self._cause, self._import_id)

    def rally(self, rally_id: str, version: int, before: Rally | None) -> None:
        """A new rally is cancelled with its deployments; an old one planned as before, if nobody is bound."""
        draft, known = self._draft, self._draft.state.rallies[rally_id]
        if known.version != version:
            self._changed("rally", rally_id, known.version)
            return
        live = draft.state.live_at(RALLY + rally_id)
        self._ordered(live)
        if before is None or before.undone:
            call_off(draft, known, self._cause, self._import_id)
            return
        reason = rules_reason(draft, before)
        if reason is not None:
            self._left("rally", rally_id, reason)
        elif _binds(live, known, before):
            tell(draft, [_bound_since(rally_id, len(live))])
        else:
            draft.record(planned_as(before, draft.fact_id(), version + 1))

    def officer(self, officer_id: str, version: int, before: Officer | None) -> None:
        """A new officer is withdrawn and his deployments cancelled; an old one is registered as before."""
        draft, known = self._draft, self._draft.state.officers[officer_id]
        if known.version != version:
            self._changed("officer", officer_id, known.version)
            return
        live = live_of(draft, officer_id)
        self._ordered(live)
        if before is None or before.withdrawn:
            if not known.withdrawn:
                self._withdraw(known, live)
            return
        reason = self._no_place_for(before)
        if reason is not None:
            self._left("officer", officer_id, reason)
            return
        draft.record(registered_as(before, draft.fact_id(), version + 1))

    def compare_nrps(self, made: Import) -> None:
        """Finds who cannot have his former NRP back, before any officer is taken back."""
        back: dict[str, str | None] = {}
        for officer_id, (version, before) in sorted(made.officers.items(), key=_by_name):
            if self._draft.state.officers[officer_id].version != version:
                continue
            if before is None or before.withdrawn:
                back[officer_id] = None
            elif self._no_place_for(before) is None:
                back[officer_id] = before.nrp
        self._nrp_holders = holders_in_the_way(self._draft.state, back)

    def _withdraw(self, officer: Officer, live: list[Deployment]) -> None:
        if not self._together:
            take_off(self._draft, officer, live, self._cause)
            return
        for each in live:
            cancel(self._draft, each, self._cause)
        self.officers[officer.officer_id] = officer.version + 1

    def site(self, site_id: str, version: int, before: Site | None) -> None:
        """A new site is withdrawn, an old one registered as before, unless live deployments hinder it."""
        draft, known = self._draft, self._draft.state.sites[site_id]
        if known.version != version:
            self._changed("site", site_id, known.version)
            return
        live = draft.state.live_at(SITE + site_id)
        self._ordered(live)
        if before is None or before.withdrawn:
            if not live:
                draft.record(
                    SiteWithdrawn(id=draft.fact_id(), version=version + 1, site_id=site_id, cause=self._cause)
                )
            return
        reason = interval(draft.operation, before.starts_at, before.ends_at, site_id) or outside_region(
            draft.operation, before.kelurahan
        )
        if reason is not None:
            self._left("site", site_id, reason)
        elif not outside_hours(draft, before):
            draft.record(site_registered_as(before, draft.fact_id(), version + 1))

    def _no_place_for(self, before: Officer) -> Reason | None:
        """The operation may have been amended since, or the NRP be somebody else's."""
        holder = self._nrp_holders.get(before.officer_id)
        if holder is not None:
            return nrp_taken(before.officer_id, holder)
        operation, attachment = self._draft.operation, before.attachment
        if before.satgas not in operation.satgas:
            return unknown("satgas", before.satgas)
        if before.home_post not in operation.posts:
            return unknown("post", before.home_post)
        if attachment is None:
            return None
        return interval(operation, attachment.starts_at, attachment.ends_at, before.officer_id)

    def _ordered(self, live: Iterable[Deployment]) -> None:
        for each in live:
            if each.deployment_id not in self._named:
                self._since.setdefault(each.deployment_id, each)

    def tell(self) -> None:
        """Names what was touched or ordered since, once each, and whether it stands when all is done."""
        draft = self._draft
        for each in self._since.values():
            hours = draft.operation.hours(each.starts_at, each.ends_at)
            cancelled = not draft.state.deployments[each.deployment_id].live
            self._told.append(_ordered_since(each, hours, cancelled=cancelled))
        tell(draft, self._told)

    def _changed(self, kind: str, subject: str, version: int) -> None:
        message = f"{kind} {subject} was changed since the import, to version {version}, and stays so"
        self._told.append(_as_it_is(kind, subject, message))

    def _left(self, kind: str, subject: str, reason: Reason) -> None:
        message = f"{kind} {subject} cannot be as before the import any more, and stays: {reason.message}"
        self._told.append(_as_it_is(kind, subject, message))


def _touches_hidden(draft: Draft, made: Import) -> bool:
    """Whether the import ordered something that the sender may not see, or such an order stands on it."""
    state = draft.state
    places = [*(RALLY + each for each in made.rallies), *(SITE + each for each in made.sites)]
    at_places = (each for place in places for each in state.live_at(place))
    ordered = (state.deployments[each] for each in made.deployments)
    return any(draft.hides_any_of(each) for each in made.officers) or any(
        draft.hides(each) for each in (*ordered, *at_places)
    )


def _by_name(item: tuple[str, object]) -> str:
    return item[0]


def _as_it_is(kind: str, subject: str, message: str) -> Reason:
    return Reason(
        code="changed_since", message=message, subject=subject, possible=f"change the {kind} by hand"
    )


def _binds(live: list[Deployment], known: Rally, before: Rally) -> bool:
    """Whether somebody is bound by hours or a venue that would change, or by what would only be notified."""
    if any(each.dispatched for each in live) and before.status == "notified":
        return True
    hours_and_venue = (known.starts_at, known.ends_at, known.venue)
    return bool(live) and hours_and_venue != (before.starts_at, before.ends_at, before.venue)


def _bound_since(rally_id: str, live: int) -> Reason:
    return Reason(
        code="bound_since",
        message=f"rally {rally_id} stays as imported: {live} live deployments are bound by its hours",
        subject=rally_id,
        possible="rallies:move moves it with them; or deployments:cancel them, and plan it by hand",
    )


def _stepped_since(deployment: Deployment) -> Reason:
    return Reason(
        code="changed_since",
        message=(
            f"deployment {deployment.deployment_id} of officer {deployment.officer_id} was touched since the"
            f" import; it is {deployment.status}, version {deployment.version}, and stays so"
        ),
        subject=deployment.deployment_id,
        possible="deployments:cancel it, and tell the officer" if deployment.live else None,
    )


def _begun(operation: Operation, deployment: Deployment, knownat: str) -> Reason:
    return Reason(
        code="begun",
        message=(
            f"deployment {deployment.deployment_id} of officer {deployment.officer_id} at {deployment.place}"
            f" began at {operation.clock(deployment.starts_at)}; it is {operation.clock(knownat)},"
            " and the order stands"
        ),
        subject=deployment.deployment_id,
        possible="deployments:stand-down ends duty that was done, deployments:cancel what was not;"
        " or revert with begun",
    )


def _ordered_since(deployment: Deployment, hours: str, *, cancelled: bool) -> Reason:
    end = ", and is cancelled with it" if cancelled else ""
    return Reason(
        code="ordered_since",
        message=(
            f"officer {deployment.officer_id} is ordered to {deployment.place} {hours}"
            f" by deployment {deployment.deployment_id}{end}"
        ),
        subject=deployment.deployment_id,
        possible=(
            "deployments:reinstate, once officer and place are there again; or order another officer"
            if cancelled
            else "see whether it is still wanted: deployments:reassign or deployments:cancel"
        ),
    )


def _too_large(import_id: str, size: int) -> Reason:
    return Reason(
        code="too_large",
        message=f"reverting import {import_id} takes {size} bytes, one decision holds {BYTES_MAX}",
        subject=import_id,
        possible="import the earlier file again, and withdraw what it does not name, 1,000 rows a request",
    )
