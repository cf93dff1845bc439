"""What has to be kept beside a picture to see it as it was known earlier: one strand per context. Pure.

Facts the picture keeps whole, each with the offset of its request, are not kept again: check-ins and
check-outs, most of all. The rest is kept in the order of the log: what newer words replace, as the decision
that told it; when posts were heard and which numbers came, as arrays.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
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
from services.reporting.picture.heard import PostHeard
from services.reporting.picture.operation import UNLISTED_MAX, OperationPicture
from services.reporting.picture.plan_then import PlanThen
from services.reporting.picture.told import OfficerTold

POSTS_MAX: Final = 4 * UNLISTED_MAX
"""Above so many, listed or not, those are dropped of which the picture keeps nothing any more."""
NEVER: Final = 1 << 62
"""Behind every request."""


Answered = tuple[str | None, str | None, str | None, Outcome, Mode | None]
"""Which post asked, by which channel and source, how it was answered, and the mode of who asked."""
NOT_ASKED: Final[Answered] = (None, None, None, "accepted", None)
"""Of a decision that no request caused; nothing else is accepted of nobody."""


class SourceStrand:
    """What one source of a post numbered in one context, and what heartbeats said of it; each by place."""

    __slots__ = ("again", "again_at", "ascends", "at", "first", "first_at", "following", "said", "said_at")

    def __init__(self) -> None:
        self.at = array("q")
        """The place of each number."""
        self.first_at, self.first = array("q"), array("q")
        """Where in `at` a run begins, and its first number; the next is one more, until the next run."""
        self.following = 0
        self.ascends = True
        """Each number was higher than those before."""
        self.again_at, self.again = array("q"), array("q")
        """Numbers of a device that began to count anew."""
        self.said_at, self.said = array("q"), array("q")
        """Each time a heartbeat named a higher number."""

    def number(self, at: int, number: int) -> None:
        """The next request had that number."""
        if number != self.following:
            self.ascends = self.ascends and number > self.following
            self.first_at.append(len(self.at))
            self.first.append(number)
        self.following = number + 1
        self.at.append(at)

    def last(self, count: int) -> int:
        """The number of the last of the first `count`, of which there is one."""
        run = bisect_left(self.first_at, count) - 1
        return self.first[run] + count - 1 - self.first_at[run]

    def runs(self, known: int) -> Iterator[range]:
        """The numbers below the place `known`."""
        if not self.at:  # only heartbeats named it
            return
        upto = bisect_left(self.at, known)
        ends = [*self.first_at[1:], len(self.at)]
        for begins, first, end in zip(self.first_at, self.first, ends, strict=True):
            if begins >= upto:
                return
            yield range(first, first + min(end, upto) - begins)


class PostStrand:
    """What was heard of one post in one context."""

    __slots__ = ("beats", "beats_at", "first_at", "heard", "heard_at", "sources")

    def __init__(self, first_at: int) -> None:
        self.first_at = first_at
        self.heard_at, self.heard = array("q"), list[str]()
        """Each time it was heard later than before."""
        self.beats_at, self.beats = array("q"), list[HeartbeatHeard]()
        """The newest heartbeat, each time that said something else."""
        self.sources: dict[str, SourceStrand] = {}

    def hear(self, at: int, heard_at: str) -> None:
        """An edge had something of it."""
        if heard_at and (not self.heard or heard_at > self.heard[-1]):
            self.heard_at.append(at)
            self.heard.append(heard_at)


class Reported:
    """The same of its reports, which the picture keeps: made from them when somebody looks, and kept."""

    __slots__ = ("count", "strand")

    def __init__(self) -> None:
        self.count = 0
        self.strand = PostStrand(NEVER)

    def up_to_date(self, heard: PostHeard) -> PostStrand:
        """Of all its reports until now."""
        strand, asked = self.strand, heard.told.asked
        for index in range(self.count, len(asked)):
            request = asked[index]
            strand.hear(request.offset, heard.told.heard_at(index))
            name, number = request.source, request.sourceseq
            if number is not None and name is not None and name in heard.sources:
                source = strand.sources.get(name)
                if source is None:
                    source = strand.sources[name] = SourceStrand()
                source.number(request.offset, number)
        self.count = len(asked)
        return strand


class Strand:
    """What one context decided of an operation. Places in it ascend.

    In the field's they are offsets of requests, by which the picture keeps reports; else of decisions.
    """

    __slots__ = ("aside", "aside_as", "end", "kept", "kept_at", "posts", "reported")

    def __init__(self) -> None:
        self.end = 0
        """Behind the last decision."""
        self.aside = array("q")
        """Decisions that are in no report of a post."""
        self.aside_as = array("i")
        """The place of each in `Arrivals.answers`."""
        self.kept_at, self.kept = array("q"), list[AnyData]()
        """Those to be folded again."""
        self.posts: dict[str, PostStrand] = {}
        """What is no report."""
        self.reported: dict[str, Reported] = {}


class Arrivals:
    """What is kept beside the picture of one operation."""

    __slots__ = ("answers", "field", "officers", "picture", "plan", "planned", "reporting")

    def __init__(self, picture: OperationPicture) -> None:
        self.picture = picture
        self.plan, self.field, self.reporting = Strand(), Strand(), Strand()
        self.planned: tuple[tuple[int, int], PlanThen] | None = None
        """The plan as it was last looked at: of how many decisions, of how many kept; often asked again."""
        self.answers: dict[Answered, int] = {}
        """Each way in which anybody was answered, by its place."""
        self.officers: dict[str, OfficerTold] = {}
        """What was told of each, once somebody looked."""

    def take_plan(self, data: AnyData, offset: int) -> None:
        """Keeps a decision of scheduling that the picture has just folded; in the order of the log."""
        self._take(self.plan, data, offset)

    def take_reporting(self, data: AnyData, offset: int) -> None:
        """The same of reporting's own."""
        self._take(self.reporting, data, offset)

    def _take(self, strand: Strand, data: AnyData, offset: int) -> None:
        if data.facts:
            strand.kept_at.append(offset)
            strand.kept.append(data)
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
        told = [post.told.offsets for post in self.picture.posts.values()] if strand is self.field else []
        found = [at[upto - 1] for at in (strand.aside, *told) if (upto := bisect_left(at, known))]
        return max(found, default=None)

    def parts_of(self, post_id: str) -> Iterator[tuple[Strand, PostStrand]]:
        """What was heard of a post, each part with its strand."""
        for strand in (self.plan, self.field, self.reporting):
            part = strand.posts.get(post_id)
            if part is not None:
                yield strand, part
        heard = self.picture.posts[post_id]
        if heard.told.asked:
            reported = self.field.reported.get(post_id)
            if reported is None:
                reported = self.field.reported[post_id] = Reported()
            yield self.field, reported.up_to_date(heard)

    def _number(self, strand: Strand, data: AnyData, at: int) -> PostStrand | None:
        """Notes the number of a request; returns its post, None if it named none or was a stranger's."""
        strand.end = at + 1
        request = data.request
        if request is None:
            answer = NOT_ASKED
        else:  # a plain tuple: it is made once a decision
            answer = (request.postid, request.channel, request.source, data.outcome, request.mode)
        strand.aside.append(at)
        strand.aside_as.append(self.answers.setdefault(answer, len(self.answers)))
        post_id = None if request is None else request.postid
        if request is None or post_id is None or (data.outcome != "accepted" and of_a_stranger(data)):
            return None
        post = strand.posts.get(post_id) or self._new_post(strand, post_id, at)
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
        post = strand.posts.get(post_id) or self._new_post(strand, post_id, at)
        if post is None:
            return
        if self.picture.posts[post_id].heartbeat is fact:
            before = post.beats[-1] if post.beats else None
            if before is None or (before.queue_length, before.highest) != (fact.queue_length, fact.highest):
                post.beats_at.append(at)
                post.beats.append(fact)
        for name, number in fact.highest.items():
            source = post.sources.get(name) or self._new_source(post, post_id, name)
            if source is not None and (not source.said or number > source.said[-1]):
                source.said_at.append(at)
                source.said.append(number)

    def _new_post(self, strand: Strand, post_id: str, at: int) -> PostStrand | None:
        """Room for a post; None where the picture keeps nothing of it."""
        known = self.picture.posts
        if post_id not in known:
            return None
        if len(strand.posts) >= POSTS_MAX:
            strand.posts = {name: post for name, post in strand.posts.items() if name in known}
        made = strand.posts[post_id] = PostStrand(at)
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
