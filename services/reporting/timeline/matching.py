"""Which entries of the log are asked for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from pamwal.contracts.persons import PersonalRef, PersonalWords, officer_key
from pamwal.contracts.timeline import ToldFact
from services.reporting.picture import OperationPicture
from services.reporting.picture.places import RALLY
from services.reporting.timeline.index import Entry
from services.reporting.timeline.sight import Reader, Seen
from services.reporting.timeline.subjects import subject_of, told

SaidOf = Callable[[ToldFact], str]
"""What a page says of a fact, in its own words."""
WordsOf = Callable[[PersonalRef], PersonalWords | None]


class Asked(Struct, frozen=True, kw_only=True):
    """What the entries are to fit; None is not asked. Milliseconds since 1970, half-open."""

    venue: str | None = None
    """A venue's id, or a place `rally/ID`, `site/ID`."""
    post: str | None = None
    officer: str | None = None
    kinds: frozenset[str] = frozenset()
    """Types of facts; empty: all."""
    severity: str | None = None
    from_ms: int | None = None
    before_ms: int | None = None
    text: tuple[str, ...] = ()
    """Words that must all stand in an entry, folded."""

    def holds(self, at_ms: int) -> bool:
        """Whether a moment lies within the hours asked for."""
        return (self.from_ms is None or at_ms >= self.from_ms) and (
            self.before_ms is None or at_ms < self.before_ms
        )


class Matcher:
    """Looks at entries for one reader who asks one thing."""

    def __init__(
        self,
        picture: OperationPicture,
        reader: Reader,
        asked: Asked,
        words_of: WordsOf | None,
        said_of: SaidOf | None = None,
    ) -> None:
        """`words_of`: what was said of persons; `said_of`: likewise found, as people read it on a page."""
        self._picture, self._reader, self._asked, self._words_of = picture, reader, asked, words_of
        self._said_of = said_of
        self.unnamed = reader.unnamed
        """Whom the reader is not told of, also as who spoke."""
        self._places = None if asked.venue is None else _places(picture, asked.venue)

    def fits(self, entry: Entry) -> list[Seen]:
        """The facts of the entry that the reader may be told and that fit; none if the entry does not."""
        asked, at_ms = self._asked, entry.key.at_ms
        if not asked.holds(at_ms):
            return []
        if asked.post is not None and (entry.asked is None or entry.asked.postid != asked.post):
            return []
        if asked.kinds and not any(fact.__struct_config__.tag in asked.kinds for fact in entry.facts):
            return []
        subjects = (subject_of(self._picture, fact) for fact in entry.facts)
        seen = [found for each in subjects if (found := self._reader.sees(each, at_ms)) is not None]
        fitting = [each for each in seen if self._fits(each)]
        if fitting and asked.text and not self._says(entry, fitting):
            return []
        return fitting

    def _fits(self, seen: Seen) -> bool:
        asked, subject = self._asked, seen.subject
        return (
            (not asked.kinds or subject.type in asked.kinds)
            and (asked.officer is None or officer_key(asked.officer) in map(officer_key, seen.officers))
            and (self._places is None or subject.place in self._places)
            and (asked.severity is None or subject.severity == asked.severity)
        )

    def _says(self, entry: Entry, seen: Iterable[Seen]) -> bool:
        said = self.unnamed.text("\n".join(self._texts(entry, seen))).casefold()
        return all(word in said for word in self._asked.text)

    def _texts(self, entry: Entry, seen: Iterable[Seen]) -> Iterable[str]:
        """Everything of an entry that can be searched."""
        request, post = entry.asked, ""
        if request is not None:
            post = request.postid or ""
            yield from (each for each in (post, request.channel, request.source) if each)
        for each in seen:
            subject, fact = each.subject, each.subject.fact
            shown = told(self._picture, subject, post)
            named = (getattr(shown, name) for name in shown.__struct_fields__)
            yield from (value for value in named if isinstance(value, str))
            if self._said_of is not None:
                yield self._said_of(shown)
            for name in ("author", "by", "cause", "override_cause", "sprin", "name"):
                value = getattr(fact, name, None)
                if isinstance(value, str):
                    yield value
            yield from each.officers
            yield from self._of_the_plan(subject.place, each.officers)
            words = (self._words(ref) for ref in subject.refs)
            yield from (each.text for each in words if each is not None and each.text)

    def _words(self, ref: PersonalRef | None) -> PersonalWords | None:
        return None if ref is None or self._words_of is None else self._words_of(ref)

    def _of_the_plan(self, place: str | None, officers: Iterable[str]) -> Iterable[str]:
        plan = self._picture.plan
        rally = plan.rally_at(place) if place else None
        site = plan.site_at(place) if place else None
        if rally is not None:
            yield from (rally.venue.venue_id, rally.venue.name, rally.venue.kelurahan)
        if site is not None:
            yield from (site.name, site.kelurahan)
        for officer_id in officers:
            entry = plan.officers.get(self._picture.ids.written(officer_id))
            words = self._words(entry.person_ref) if entry is not None else None
            if words is not None:
                yield from (each for each in (words.name, words.nrp) if each)


def _places(picture: OperationPicture, venue: str) -> frozenset[str]:
    """The places a venue stands for: the rallies held there, or the place itself."""
    if "/" in venue:
        return frozenset({venue})
    rallies = picture.plan.rallies.values()
    return frozenset(f"{RALLY}{each.rally_id}" for each in rallies if each.venue.venue_id == venue)
