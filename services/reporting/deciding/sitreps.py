"""SitReps decided: numbered without a gap, never edited, each in the order initial, update, final. Pure.

A SitRep is made from the picture as it was seen when it is decided, so that whoever folds the log as far as
its vector says, and decides it again, makes the same bytes. No key is needed for that: a signature is a
request of its own (decision 15 in docs/decisions).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from pamwal.contracts.canonical import canonical, sha256_of
from pamwal.contracts.claims import NOT_YOURS, REPORTING, SIGNATURE_ID, Claims
from pamwal.contracts.envelope import Reason, Request, Verdict, refuse
from pamwal.contracts.instants import to_ms
from pamwal.contracts.scheduling import SitRepForm
from pamwal.contracts.sitreps import (
    OTHERS_SIGNATURES_MAX,
    SIGNATURES_MAX,
    PublishSitRep,
    SignSitRep,
    SitRep,
    SitRepCited,
    SitRepDue,
    SitRepKind,
    SitRepPublished,
    SitRepSigned,
    Superseded,
)
from pamwal.contracts.zones import local_day
from pamwal.wire.core import Seen
from services.reporting.deciding.alerts_then import alerts_then
from services.reporting.picture import OperationPicture
from services.reporting.picture.alerts import AlertBook
from services.reporting.views.sitrep import Occasion, sitrep_of
from services.reporting.views.window import zone_of

_document: Final = msgspec.json.Decoder(SitRep)
_AFTER_NOTHING: Final = "publish an initial one first"
_AFTER_FINAL: Final = "publish a final one that supersedes it"


class Kept(NamedTuple):
    """A published SitRep as it is remembered."""

    number: int
    kind: SitRepKind
    form: SitRepForm
    day: str
    sha256: str


class Signed(NamedTuple):
    """A signature as it is remembered. Whether it is good is not known here."""

    kid: str
    jws: str
    own: bool
    """The reporting service itself signed."""


class SitRepBook:
    """The SitReps of an operation; number `n` stands at index `n - 1`."""

    def __init__(self) -> None:
        self.published: list[Kept] = []
        self._documents: dict[SitRepForm, str] = {}
        """Form → the newest one; a takeover folds many and reads none."""
        self.signed: dict[int, list[Signed]] = {}
        """Number → its signatures."""
        self.own_keys: set[str] = set()
        """The ids of the keys that the reporting service itself signed with."""
        self.due: dict[SitRepForm, str] = {}
        """Form → the last moment of which one was due by the policy."""

    def keep(self, fact: SitRepPublished) -> None:
        """A SitRep stands."""
        self.published.append(Kept(fact.number, fact.kind, fact.form, fact.day, fact.sha256))
        self._documents[fact.form] = fact.document

    def last(self, form: SitRepForm) -> SitRep | None:
        """The newest document of a form, to say what changed; None before the first of it."""
        found = self._documents.get(form)
        return None if found is None else _document.decode(found)

    def sign(self, fact: SitRepSigned) -> None:
        """It has one more signature."""
        own = fact.id.startswith(SIGNATURE_ID)  # nobody else may use such an id
        if own:
            self.own_keys.add(fact.kid)
        self.signed.setdefault(fact.number, []).append(Signed(fact.kid, fact.jws, own))

    def want(self, fact: SitRepDue) -> None:
        """One is due."""
        self.due[fact.form] = fact.at

    def newest_of(self, form: SitRepForm, day: str) -> Kept | None:
        """The newest of one form about one last day."""
        found = (each for each in reversed(self.published) if (each.form, each.day) == (form, day))
        return next(found, None)


def publish(
    book: SitRepBook,
    alerts: AlertBook,
    request: Request[PublishSitRep],
    knownat: str,
    seen: Seen[OperationPicture],
) -> Verdict[Any]:
    """The next SitRep of an operation that was opened, or why there is none.

    Refused: `not_seen_yet`, `not_yet`, `illegal_transition`; a final one `posts_open` while a
    post has not closed the day; `malformed`, `not_admitted` or `too_large` for what
    it cites.
    """
    picture, asked = seen.picture, request.data
    if (unseen := _not_seen(asked.knowing, seen.vector)) is not None:
        return Verdict(reason=unseen)
    if (unfit := _unfit_children(request.operationid, asked.children, picture)) is not None:
        return unfit
    at = asked.at or knownat
    today = local_day(at, zone_of(picture))
    day = asked.day or today
    if at > knownat or day > today:
        ahead = f"at {at}, decided at {knownat}" if at > knownat else f"of {day}, at {at}"
        return refuse("not_yet", f"a SitRep {ahead}, would tell of what is still to come")
    newest = book.newest_of(asked.form, day)
    kind: SitRepKind = asked.kind or ("initial" if newest is None else "update")
    early = _out_of_order(newest, kind) or (_posts_open(picture, day, at) if kind == "final" else None)
    if early is not None:
        return Verdict(reason=early)
    occasion = Occasion(
        number=len(book.published) + 1,
        kind=kind,
        form=asked.form,
        at=at,
        day=day,
        known_at=knownat,
        vector=seen.vector,
        heads=seen.heads,
        alerts=Counter(each.kind for each in alerts_then(alerts, picture, at).open_to_all),
        children=asked.children,
    )
    fact = _published(book, picture, occasion, newest, f"{request.id}/0")
    try:
        _document.decode(fact.document)
    except msgspec.ValidationError as error:  # what is cited is in its limits, and the sum of it is not
        return refuse("too_large", f"children: their sum is more than a SitRep can say: {error}")
    return Verdict(facts=[fact])


def sign(book: SitRepBook, request: Request[SignSitRep], claims: Claims) -> Verdict[Any]:
    """One more signature over a SitRep that stands; refused if it is over anything else.

    Others than the reporting service sign once a key, with keys of their own, and leave room for its own.
    """
    asked, own = request.data, claims.service == REPORTING
    if asked.number > len(book.published):
        return refuse("unknown_sitrep", f"there is no SitRep {asked.number}")
    stands = book.published[asked.number - 1]
    if stands.sha256 != asked.sha256:
        message = f"SitRep {asked.number} has the digest {stands.sha256}: sign what was published"
        return refuse("other_document", message)
    if not own and asked.kid in book.own_keys:
        return refuse(NOT_YOURS, f"{asked.kid} is a key of the reporting service: sign with one of your own")
    known = [each for each in book.signed.get(asked.number, ()) if each.own == own]
    if any(each.jws == asked.jws or each.kid == asked.kid for each in known):
        return refuse("already_signed", f"SitRep {asked.number} has a signature of {asked.kid} already")
    room = SIGNATURES_MAX - OTHERS_SIGNATURES_MAX if own else OTHERS_SIGNATURES_MAX
    if len(known) >= room:
        whose = "of the reporting service" if own else "of others than the reporting service"
        return refuse(
            "too_large", f"SitRep {asked.number} has {room} signatures {whose}, and no room for more"
        )
    fact = SitRepSigned(
        id=f"{request.id}/0", number=asked.number, sha256=asked.sha256, kid=asked.kid, jws=asked.jws
    )
    return Verdict(facts=[fact])


def _published(
    book: SitRepBook, picture: OperationPicture, occasion: Occasion, last: Kept | None, fact_id: str
) -> SitRepPublished:
    """`last`: the newest of its form and day."""
    supersedes = None if last is None else Superseded(number=last.number, sha256=last.sha256)
    document = canonical(sitrep_of(picture, occasion, book.last(occasion.form), supersedes))
    return SitRepPublished(
        id=fact_id,
        number=occasion.number,
        kind=occasion.kind,
        form=occasion.form,
        at=occasion.at,
        day=occasion.day,
        sha256=sha256_of(document),
        document=document.decode(),
    )


def _not_seen(knowing: Mapping[str, int], vector: Mapping[str, int]) -> Reason | None:
    behind = sorted(place for place, offset in knowing.items() if vector.get(place, 0) < offset)
    if not behind:
        return None
    place = behind[0]
    return Reason(
        code="not_seen_yet",
        message=f"{place} is seen up to {vector.get(place, 0)} here, not yet up to {knowing[place]}",
        possible="ask again in a moment, with a new id",
    )


def _unfit_children(
    operation_id: str, cited: list[SitRepCited] | None, picture: OperationPicture
) -> Verdict[Any] | None:
    """Each child once, none that is dismissed, with number and digest or with neither.

    Whether they are true, and of children that this operation counts, stands in other partitions: whoever
    verifies finds it out.
    """
    met = {operation_id}
    admitted = {} if picture.charter is None else picture.charter.children
    for each in cited or ():
        if admitted.get(each.operation_id) is False:
            return refuse(
                "not_admitted",
                f"children: {each.operation_id} was dismissed by {operation_id}",
                subject=each.operation_id,
                possible="leave it out, or admit it first",
            )
        if each.operation_id in met:
            return refuse("malformed", f"children: {each.operation_id} is itself, or is cited twice")
        if (each.number is None) != (each.sha256 is None):
            return refuse("malformed", f"children: {each.operation_id} has only one of number and sha256")
        if each.rolled_up is not None and each.number is None:
            return refuse("malformed", f"children: {each.operation_id} has counts of no SitRep")
        if not _lists_itself(each):
            return refuse(
                "malformed",
                f"children: operation_ids of {each.operation_id} is not a list of itself and what it counts, "
                "each once",
            )
        met.add(each.operation_id)
    return None


def _lists_itself(cited: SitRepCited) -> bool:
    """Whether it lists as many operations as it counts, itself among them; or none, as old SitReps do."""
    counted = cited.rolled_up
    if counted is None or not counted.operation_ids:
        return True
    listed = set(counted.operation_ids)
    return (
        cited.operation_id in listed
        and len(counted.operation_ids) == len(listed) == counted.counts.operations
    )


def _out_of_order(newest: Kept | None, kind: SitRepKind) -> Reason | None:
    """`initial`, any number of `update`, then `final`; a final one is superseded by a final one only."""
    if newest is None and kind == "update":
        return Reason(
            code="illegal_transition", message="there is nothing to update yet", possible=_AFTER_NOTHING
        )
    if newest is not None and kind == "initial":
        stands = f"SitRep {newest.number} ({newest.kind}) of this form and day stands"
        possible = _AFTER_FINAL if newest.kind == "final" else "publish an update"
        return Reason(code="illegal_transition", message=stands, possible=possible)
    if newest is not None and newest.kind == "final" and kind == "update":
        message = f"SitRep {newest.number} is final"
        return Reason(code="illegal_transition", message=message, possible=_AFTER_FINAL)
    return None


def _posts_open(picture: OperationPicture, day: str, at: str) -> Reason | None:
    """Before a final one each listed post has told its part of the day."""
    listed = picture.plan.posts
    open_ = [each.post_id for each in listed if picture.affairs.closed(each.post_id, day, to_ms(at)) is None]
    if not open_:
        return None
    return Reason(
        code="posts_open",
        message=f"{len(open_)} of {len(listed)} posts have not closed {day}: {', '.join(open_)[:400]}",
        possible="let each close its day first, or publish an update",
        rows=[
            Reason(code="posts_open", message=f"post {each} has not closed {day}", subject=each, row=row)
            for row, each in enumerate(open_)
        ],
    )
