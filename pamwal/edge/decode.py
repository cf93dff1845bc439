"""Bodies to submissions: the contract's own decoder, and once more with times normalised if that fails."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct, inspect

from pamwal.contracts.codec import REQUEST_TYPES, UPCASTERS, decode_type, lift, plain_digest
from pamwal.contracts.envelope import Coded, Reason, Text
from pamwal.contracts.errors import Undecodable, UnknownType, WrongShape
from pamwal.contracts.instants import PATTERN, normalise
from pamwal.contracts.wording import in_words, unknown_fields, why_unreadable
from pamwal.edge.positions import rounded, rounding_of

D = TypeVar("D")
T = TypeVar("T")
_UNREADABLE: Final = (UnicodeDecodeError, RecursionError)
UNKNOWN_FIELD: Final = "unknown_field"
UNKNOWN_FIELDS_MAX: Final = 20
"""So many are named; a field that several rows have is named once."""
_CLOUD_EVENT: Final = frozenset({"specversion", "datacontenttype"})
"""What every CloudEvents library writes around a request, and an edge writes itself."""
_ROW: Final = re.compile(r"\[[0-9]+\]")


def decoded(body: bytes, shape: type[T]) -> T:
    """A body that is one value of a type. Undecodable, WrongShape."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise WrongShape(f"{shape.__name__}: {in_words(str(error), shape)}") from error
    except (msgspec.DecodeError, *_UNREADABLE) as error:
        raise Undecodable(f"the body is not JSON that can be read: {why_unreadable(error)}") from error


def unknown_field_warnings(body: bytes | msgspec.Raw, shape: Any) -> list[Reason]:
    """A warning for each field of a body that its type does not have; the body was decoded as that before.

    There is none where an unknown field holds what nobody can read, such as a number without bounds.
    """
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, *_UNREADABLE):
        return []
    found: dict[str, str] = {}
    for path in unknown_fields(said, shape):
        if path not in _CLOUD_EVENT:
            found.setdefault(_ROW.sub("[]", path), f"$.{path}"[:200])
        if len(found) == UNKNOWN_FIELDS_MAX:
            break
    told = "there is no such field, so it was left out; /docs names all fields"
    return [Reason(code=UNKNOWN_FIELD, message=f"{path}: {told}", subject=path) for path in found.values()]


class Posted(Coded[D], Generic[D], frozen=True, kw_only=True, omit_defaults=True):
    """A submission as a route takes it: the route says the type, the body may say it again."""

    type: Text = ""


class Lifted(Posted[D], Generic[D], frozen=True, kw_only=True, omit_defaults=True):
    """A submission of an older type; `digest` is of what its sender said, before it was lifted."""

    digest: str


class OtherOffset(Posted[D], Generic[D], frozen=True, kw_only=True, omit_defaults=True):
    """A submission with times that are not written in UTC."""

    written: dict[str, str]
    """Path of each such time → how its sender wrote it."""


class Instants(Struct, frozen=True):
    """Where in a contract the instants are. `here`: this is one; `every`: in each element or dict value."""

    here: bool = False
    fields: dict[str, Instants] = {}
    every: Instants | None = None

    def normalised(self, value: Any, written: dict[str, str], path: str = "") -> Any:
        """`value` with every RFC 3339 time brought to the contract's form; what is no time stays as it is.

        Times that are not written in UTC are added to `written`, under their path.
        """
        if self.here and isinstance(value, str):
            try:
                found = normalise(value)
            except ValueError:
                return value
            if value[-1] not in "Zz":
                written[path] = value
            return found
        if self.every is not None and isinstance(value, list):
            return [self.every.normalised(each, written, f"{path}[{n}]") for n, each in enumerate(value)]
        if isinstance(value, dict):
            if self.every is not None:
                return {
                    key: self.every.normalised(each, written, f"{path}.{key}") for key, each in value.items()
                }
            for name, inside in self.fields.items():
                if name in value:
                    value[name] = inside.normalised(value[name], written, f"{path}.{name}" if path else name)
        return value


def instants_of(node: inspect.Type) -> Instants | None:
    """Where the instants of a type are, or None if it has none. Contracts do not refer to themselves."""
    match node:
        case inspect.Metadata():
            return instants_of(node.type)
        case inspect.StrType():
            return Instants(here=True) if node.pattern == PATTERN else None
        case inspect.StructType():
            found = {field.encode_name: instants_of(field.type) for field in node.fields}
            fields = {name: inside for name, inside in found.items() if inside is not None}
            return Instants(fields=fields) if fields else None
        case inspect.ListType():
            inside = instants_of(node.item_type)
            return Instants(every=inside) if inside is not None else None
        case inspect.DictType():
            inside = instants_of(node.value_type)
            return Instants(every=inside) if inside is not None else None
        case inspect.UnionType():
            return next((found for found in map(instants_of, node.types) if found is not None), None)
        case _:
            return None


@cache
def contract_of(type_name: str) -> Contract:
    """The one contract of a type, made at its first use: to look a type through takes milliseconds."""
    return Contract(type_name)


class Contract:
    """Reads submissions of one type; it keeps nothing of what it read."""

    def __init__(self, type_name: str) -> None:
        self.type = type_name
        self.data = REQUEST_TYPES[type_name]
        self.posted: Any = Posted[self.data]  # type: ignore[name-defined]
        self._decoder: msgspec.json.Decoder[Posted[Any]] = msgspec.json.Decoder(self.posted)
        known = inspect.type_info(self.posted)
        self._instants = instants_of(known) or Instants()
        self._rounded = rounding_of(known)

    def read(self, body: bytes | msgspec.Raw) -> Posted[Any]:
        """The submission, its positions rounded; of an older type, `Lifted`.

        Undecodable (no JSON), WrongShape (says where).
        """
        posted = self._read(body)
        return posted if self._rounded is None else self._rounded(posted)

    def unknown(self, body: bytes | msgspec.Raw, posted: Posted[Any]) -> list[Reason]:
        """Warnings of the fields that `body`, read as `posted`, has beyond the contract."""
        return [] if isinstance(posted, Lifted) else unknown_field_warnings(body, self.posted)

    def _read(self, body: bytes | msgspec.Raw) -> Posted[Any]:
        try:
            posted = self._decoder.decode(body)
        except msgspec.ValidationError as error:
            lifted = self._read_lifted(bytes(body))
            if lifted is not None:
                return lifted
            posted = self._read_leniently(body, error)
        except (msgspec.DecodeError, *_UNREADABLE) as error:
            raise Undecodable(f"the body is not JSON that can be read: {why_unreadable(error)}") from error
        if posted.type in ("", self.type):
            return posted
        lifted = self._read_lifted(bytes(body))
        if lifted is None:
            raise WrongShape(f"this route takes {self.type}, the body says {posted.type!r} - at `$.type`")
        return lifted

    def _read_lifted(self, body: bytes) -> Lifted[Any] | None:
        """The submission if its type is one that upcasters raise to this one. WrongShape."""
        try:
            if decode_type(body) not in UPCASTERS:
                return None
            _, value = lift(body, (self.type,))
        except (Undecodable, UnknownType):
            return None
        posted = self._read(value)
        said = msgspec.json.decode(body)
        said |= {"time": posted.time, "data": rounded(said.get("data"))}
        fields = {name: getattr(posted, name) for name in posted.__struct_fields__}
        return Lifted(**fields, digest=plain_digest(said))

    def _read_leniently(self, body: bytes | msgspec.Raw, error: msgspec.ValidationError) -> Posted[Any]:
        try:
            written: dict[str, str] = {}
            found = self._instants.normalised(msgspec.json.decode(body), written)
            posted: Posted[Any] = msgspec.convert(found, self.posted, str_keys=True)
        except msgspec.ValidationError as second:
            raise WrongShape(f"{self.type}: {in_words(str(second), self.posted)}") from error
        except (msgspec.DecodeError, *_UNREADABLE) as second:
            raise Undecodable(f"the body is not JSON that can be read: {why_unreadable(second)}") from error
        written.pop("sentat", None)  # of the device's clock, which nobody types
        if not written:
            return posted
        return OtherOffset(
            **{name: getattr(posted, name) for name in posted.__struct_fields__}, written=written
        )


def read_any(contracts: dict[str, Contract], row: bytes | msgspec.Raw) -> tuple[Contract, Posted[Any]]:
    """A row that says its own type; older types are lifted. Undecodable, UnknownType, WrongShape."""
    try:
        name, _ = lift(bytes(row), contracts)
    except Undecodable as error:
        # The log keeps the words of `lift`, which therefore stay as they are.
        if isinstance(error.__cause__, RecursionError):
            raise Undecodable(f"not JSON that can be read: {why_unreadable(error.__cause__)}") from error
        raise
    contract = contracts[name]
    return contract, contract.read(row)
