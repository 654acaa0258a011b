"""Values of model.py to JSON and back, by their type hints: between the daemon and its clients.

  dataclass                  object, by field name
  Enum                       its value; IntEnum (numbers of the protocol): its name in lower case
  bytes                      base64
  list, tuple                array
  dict with words as keys    object
  X | None                   null, or X
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum, IntEnum
from functools import lru_cache
from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from .errors import UsageError

# Given by the side that calls, never sent.
CALLBACK = "on_stage"


def to_wire(value: object) -> Any:
    """The value as what json can write."""
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, list | tuple):
        return [to_wire(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_wire(item) for key, item in value.items()}
    if is_dataclass(value):
        return {field.name: to_wire(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no form on the wire")


def from_wire(hint: Any, data: Any, where: str = "value") -> Any:
    """The value of the hinted type. Raises UsageError naming where it does not fit."""
    origin = get_origin(hint)
    if hint is Any or hint is object:
        return data
    if origin in (Union, UnionType):
        return _one_of(get_args(hint), data, where)
    if origin is list:
        _need(isinstance(data, list), "a list", where)
        (inner,) = get_args(hint)
        return [from_wire(inner, item, f"{where}[{n}]") for n, item in enumerate(data)]
    if origin is tuple:
        return _tuple(get_args(hint), data, where)
    if origin is dict:
        _need(isinstance(data, dict), "an object", where)
        inner = get_args(hint)[1]
        return {key: from_wire(inner, item, f"{where}.{key}") for key, item in data.items()}
    if is_dataclass(hint):
        return _dataclass(hint, data, where)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum(hint, data, where)
    return _plain(hint, data, where)


def _need(holds: bool, what: str, where: str) -> None:
    if not holds:
        raise UsageError(f"{where} must be {what}")


def _one_of(hints: tuple[Any, ...], data: Any, where: str) -> Any:
    """The first alternative that fits, those without a conversion first."""
    if data is None and NoneType in hints:
        return None
    errors = []
    for hint in hints:
        if hint is not NoneType:
            try:
                return from_wire(hint, data, where)
            except UsageError as error:
                errors.append(error)
    raise errors[0]


def _tuple(inner: tuple[Any, ...], data: Any, where: str) -> tuple[Any, ...]:
    _need(isinstance(data, list), "a list", where)
    if len(inner) == 2 and inner[1] is Ellipsis:
        inner = (inner[0],) * len(data)
    _need(len(inner) == len(data), f"a list of {len(inner)}", where)
    pairs = enumerate(zip(inner, data))
    return tuple(from_wire(hint, item, f"{where}[{n}]") for n, (hint, item) in pairs)


@lru_cache(maxsize=None)
def _field_hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _dataclass(kind: Any, data: Any, where: str) -> Any:
    _need(isinstance(data, dict), "an object", where)
    hints = _field_hints(kind)
    given = {
        name: from_wire(hints[name], item, f"{where}.{name}")
        for name, item in data.items()
        if name in hints  # a newer end may tell more
    }
    try:
        return kind(**given)
    except TypeError as error:
        raise UsageError(f"{where} is no whole {kind.__name__}: {error}") from error


def _enum(kind: type[Enum], data: Any, where: str) -> Enum:
    by_name = issubclass(kind, IntEnum)
    for member in kind:
        if data == (member.name.lower() if by_name else member.value):
            return member
    words = ", ".join(str(to_wire(member)) for member in kind)
    raise UsageError(f"{where}: {data!r} is none of {words}")


def _plain(hint: Any, data: Any, where: str) -> Any:
    if hint is bytes:
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise UsageError(f"{where} must be base64") from error
    if hint is float:
        _need(isinstance(data, int | float) and not isinstance(data, bool), "a number", where)
        return float(data)
    if hint is int:
        _need(isinstance(data, int) and not isinstance(data, bool), "a whole number", where)
        return data
    if hint is bool:
        _need(isinstance(data, bool), "true or false", where)
        return data
    if hint is str:
        _need(isinstance(data, str), "a text", where)
        return data
    if hint is NoneType:
        _need(data is None, "null", where)
        return None
    raise TypeError(f"{hint!r} has no form on the wire")


@lru_cache(maxsize=None)
def _call_hints(function: Callable) -> dict[str, Any]:
    return get_type_hints(function)


def arguments_from_wire(function: Callable, data: Any) -> dict[str, Any]:
    """The arguments of a call of the function, by name, but its callback. Raises UsageError."""
    _need(isinstance(data, dict), "an object", "args")
    known = {
        name: parameter
        for name, parameter in signature(function).parameters.items()
        if name not in ("self", CALLBACK)
    }
    for name in data:
        if name not in known:
            words = ", ".join(known) or "no arguments"
            raise UsageError(f"args.{name} is unknown: {function.__name__} takes {words}")
    for name, parameter in known.items():
        if parameter.default is Parameter.empty and name not in data:
            raise UsageError(f"args.{name} is missing")
    hints = _call_hints(function)
    return {name: from_wire(hints[name], item, f"args.{name}") for name, item in data.items()}


def arguments_to_wire(function: Callable, given: Mapping[str, object]) -> dict[str, Any]:
    """The inverse: the arguments without the callback and self."""
    return {name: to_wire(value) for name, value in given.items() if name not in ("self", CALLBACK)}


def result_from_wire(function: Callable, data: Any) -> Any:
    """What the call gave. Raises UsageError."""
    return from_wire(_call_hints(function)["return"], data, "result")
