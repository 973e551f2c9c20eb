"""JSON to dataclasses, checked against their type hints."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from .errors import UnexpectedReply

T = TypeVar("T")


def read(kind: type[T], value: object) -> T:
    """`value` as a `kind`; raises `UnexpectedReply` where it does not fit."""
    return cast("T", _read(kind, value, ""))


def _read(kind: Any, value: Any, at: str) -> Any:
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _read_object(kind, value, at)
    origin = get_origin(kind)
    if origin is list and isinstance(value, list):
        (item,) = get_args(kind)
        return [_read(item, entry, f"{at}/{index}") for index, entry in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        item = get_args(kind)[1]
        return {key: _read(item, entry, f"{at}/{key}") for key, entry in value.items()}
    if origin in (Union, types.UnionType):
        return _read_union(get_args(kind), value, at)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    # JSON's types are Python's, but a bool is no number.
    if origin is None and isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
        return value
    raise UnexpectedReply(f"at `{at}`: {type(value).__name__} instead of {kind}")


def _read_union(kinds: tuple[Any, ...], value: Any, at: str) -> Any:
    failure = UnexpectedReply(f"at `{at}`: {type(value).__name__}")
    for kind in kinds:
        try:
            return _read(kind, value, at)
        except UnexpectedReply as error:
            failure = error if kind is not types.NoneType else failure
    raise failure


def _read_object(kind: Any, value: Any, at: str) -> Any:
    if not isinstance(value, dict):
        raise UnexpectedReply(f"at `{at}`: {type(value).__name__} instead of an object")
    given = {}
    for name, hint, required in _fields(kind):
        if name in value:
            given[name] = _read(hint, value[name], f"{at}/{name}")
        elif required:
            raise UnexpectedReply(f"at `{at}`: no `{name}`")
    return kind(**given)


@cache
def _fields(kind: Any) -> list[tuple[str, Any, bool]]:
    hints = get_type_hints(kind)
    return [
        (field.name, hints[field.name], field.default is MISSING and field.default_factory is MISSING)
        for field in fields(kind)
    ]
