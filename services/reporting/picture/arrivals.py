"""What has to be kept beside a picture to see it as it was known earlier: one strand per context. Pure.

Facts the picture keeps whole, each with the offset of its request, are not kept again: check-ins and
check-outs, most of all. The rest is kept in the order of the log: what newer words replace, as the decision
that told it; when posts were heard and which numbers came, as arrays.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from pamwal.contracts.envelope import Mode, Outcome
from pamwal.contracts.field import HeartbeatHeard, IncidentAdvanced
from pamwal.contracts.numbers import SOURCES_MAX
from services.reporting.picture.decided import (
    REPORTS,
    AnyAsked,
    AnyData,
    counted_anew,
    of_a_stranger,
    only_report,
)
from services.reporting.picture.operation import UNLISTED_MAX, OperationPicture
from services.reporting.picture.plan_then import PlansThen
from services.reporting.picture.sightings import Sightings
from services.reporting.picture.strands import PostStrand, Reported, SourceStrand
from services.reporting.picture.told import OfficerTold

POSTS_MAX: Final = 4 * UNLISTED_MAX
"""Above so many, listed or not, those are dropped of which the picture keeps nothing any more."""

Answered = tuple[str | None, str | None, str | None, Outcome, Mode | None]
"""Which post asked, by which channel and source, how it was answered, and the mode of who asked."""
NOT_ASKED: Final[Answered] = (None, None, None, "accepted", None)
"""Of a decision that no request caused; nothing else is accepted of nobody."""


class Strand:
    """What one context decided of an operation. Places in it ascend.

    In the field's they are offsets of requests, by which the picture keeps reports; else of decisions.
    """

    __slots__ = ("aside", "aside_as", "end", "kept", "kept_at", "posts", "reported", "whole", "whole_upto")

    def __init__(self) -> None:
        self.end = 0
        """Behind the last decision."""
        self.aside = array("q")
        """Decisions that are kept nowhere else with who asked, and of the field all that are no report."""
        self.aside_as = array("i")
        """The place of each in `Arrivals.answers`."""
        self.kept_at, self.kept = array("q"), list[AnyData]()
        """Those to be folded again."""
        self.posts: dict[str, PostStrand] = {}
        """What stands aside."""
        self.reported: dict[str, Reported] = {}
        self.whole: dict[str, PostStrand] = {}
        """Of plans and alerts what is kept whole, numbered once somebody looks: so many of `kept`."""
        self.whole_upto = 0


class Arrivals:
    """What is kept beside the picture of one operation."""

    __slots__ = ("answers", "field", "officers", "picture", "plan", "plans", "reporting", "sightings")

    def __init__(self, picture: OperationPicture) -> None:
        self.picture = picture
        self.plan, self.field, self.reporting = Strand(), Strand(), Strand()
        self.plans = PlansThen()
        self.answers: dict[Answered, int] = {}
        """Each way in which anybody was answered, by its place."""
        self.officers: dict[str, OfficerTold] = {}
        """What was told of each, once somebody looked at him himself."""
        self.sightings = Sightings()

    def take_plan(self, data: AnyData, offset: int) -> None:
        """Keeps a decision of scheduling that the picture has just folded; in the order of the log."""
        self._take(self.plan, data, offset)

    def take_reporting(self, data: AnyData, offset: int) -> None:
        """The same of reporting's own."""
        self._take(self.reporting, data, offset)

    def _take(self, strand: Strand, data: AnyData, offset: int) -> None:
        if data.facts:
            strand.end = offset + 1
            strand.kept_at.append(offset)
            strand.kept.append(data)
        else:
            self._number(strand, data, offset)

    def take_report(self, request: AnyAsked) -> None:
        """The same of a decision with `only_report`: the picture keeps all of it but its place."""
        self.field.end = request.offset + 1

    def take_field(self, data: AnyData, _: int) -> None:
        """Keeps a decision of the field that the picture has just folded; in the order of the log."""
        request, facts = data.request, data.facts
        if request is None:
            return  # nothing is decided there that nobody asked for
        if only_report(data) is not None:  # the picture keeps it among the reports of its post
            self.take_report(request)
            return
        post = self._number(self.field, data, request.offset)
        if facts:
            self._keep(data, request.offset, post)

    def last_of(self, strand: Strand, known: int) -> int | None:
        """The last place below `known` in a strand; None if there is none."""
        if known >= strand.end:
            return strand.end - 1 if strand.end else None
        places = (strand.aside, strand.kept_at)
        last = max((at[upto - 1] for at in places if (upto := bisect_left(at, known))), default=-1)
        if strand is self.field:
            last = max(last, self.picture.arrived.last(known))
        return None if last < 0 else last

    def answered(self, strand: Strand, known: int) -> Counter[Answered]:
        """How the decisions below `known` answered; of the field only those that are no report."""
        ways = list(self.answers)
        aside = Counter(strand.aside_as[: bisect_left(strand.aside, known)])
        found = Counter({ways[way]: times for way, times in aside.items()})
        if strand is not self.field:  # of which all that is kept stands aside as well
            found.update(map(_answer, strand.kept[: bisect_left(strand.kept_at, known)]))
        return found

    def parts_of(self, post_id: str) -> Iterator[tuple[Strand, PostStrand]]:
        """What was heard of a post but its reports, each part with its strand."""
        for strand in (self.plan, self.field, self.reporting):
            part = strand.posts.get(post_id)
            if part is not None:
                yield strand, part
            if strand is not self.field:
                part = self._whole(strand).get(post_id)
                if part is not None:
                    yield strand, part

    def reported(self, post_id: str) -> Reported:
        """The numbers of its reports, made of all of them."""
        found = self.field.reported.get(post_id)
        if found is None:
            found = self.field.reported[post_id] = Reported()
        return found.up_to_date(self.picture.posts[post_id])

    def _whole(self, strand: Strand) -> dict[str, PostStrand]:
        """What posts said in the decisions that are kept whole, until now."""
        start = strand.whole_upto
        for at, data in zip(strand.kept_at[start:], islice(strand.kept, start, None), strict=True):
            self._hear(strand.whole, data, at)
        strand.whole_upto = len(strand.kept)
        return strand.whole

    def _number(self, strand: Strand, data: AnyData, at: int) -> PostStrand | None:
        """Notes who was answered how; returns the post, None if it named none or was a stranger's."""
        strand.end = at + 1
        strand.aside.append(at)
        strand.aside_as.append(self.answers.setdefault(_answer(data), len(self.answers)))
        return self._hear(strand.posts, data, at)

    def _hear(self, posts: dict[str, PostStrand], data: AnyData, at: int) -> PostStrand | None:
        """Notes the number of a request; returns its post likewise."""
        request = data.request
        post_id = None if request is None else request.postid
        if request is None or post_id is None or (data.outcome != "accepted" and of_a_stranger(data)):
            return None
        post = posts.get(post_id) or self._new_post(posts, post_id, at)
        name, number = request.source, request.sourceseq
        if post is None or number is None or name is None:
            return post
        source = post.sources.get(name) or self._new_source(post, post_id, name)
        if source is not None:
            source.number(at, number)
            if data.warnings and counted_anew(data):
                source.again_at.append(at)
                source.again.append(number)
        return post

    def _keep(self, data: AnyData, at: int, post: PostStrand | None) -> None:
        """Keeps what the picture does not keep whole."""
        strand, heard_at, whole = self.field, "", False
        told: Any
        for told in data.facts:
            if type(told) is HeartbeatHeard:
                self._beat(at, told)
            elif type(told) not in REPORTS:
                whole = True
                if type(told) is IncidentAdvanced and told.of is not None:
                    continue  # it tells of a step that was told, and heard, before
            heard_at = max(heard_at, told.recorded_at)
        if whole:
            strand.kept_at.append(at)
            strand.kept.append(data)
        if post is not None:
            post.hear(at, heard_at)

    def _beat(self, at: int, fact: HeartbeatHeard) -> None:
        strand, post_id = self.field, fact.postid
        post = strand.posts.get(post_id) or self._new_post(strand.posts, post_id, at)
        if post is None:
            return
        if self.picture.posts[post_id].heartbeat is fact:
            post.beats_at.append(at)
            post.beats.append(fact)
        for name, number in fact.highest.items():
            source = post.sources.get(name) or self._new_source(post, post_id, name)
            if source is not None and (not source.said or number > source.said[-1]):
                source.said_at.append(at)
                source.said.append(number)

    def _new_post(self, posts: dict[str, PostStrand], post_id: str, at: int) -> PostStrand | None:
        """Room for a post; None where the picture keeps nothing of it."""
        known = self.picture.posts
        if post_id not in known:
            return None
        if len(posts) >= POSTS_MAX:
            for name in posts.keys() - known.keys():
                del posts[name]
        made = posts[post_id] = PostStrand(at)
        return made

    def _new_source(self, post: PostStrand, post_id: str, name: str) -> SourceStrand | None:
        """Room for a source; None where the picture keeps nothing of it."""
        known = self.picture.posts[post_id].sources
        if name not in known:
            return None
        if len(post.sources) >= 2 * SOURCES_MAX:
            post.sources = {each: source for each, source in post.sources.items() if each in known}
        made = post.sources[name] = SourceStrand()
        return made


def _answer(data: AnyData) -> Answered:
    request = data.request
    if request is None:
        return NOT_ASKED
    # a plain tuple: it is made once a decision
    return request.postid, request.channel, request.source, data.outcome, request.mode
