"""Reading requests as Stripe would: the form's nested names, checked against the SDK's own parameter types."""

import re
import types
import typing
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal


class BadParams(Exception):
    """A request that Stripe would not take: which parameter, and Stripe's code."""

    def __init__(self, message: str, param: str = "", code: str = "parameter_invalid") -> None:
        super().__init__(message)
        self.param, self.code = param, code


def nested(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Put `a[b][0][c]=…` together: {"a": {"b": {"0": {"c": …}}}}; lists are still dicts by number."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        match = re.fullmatch(r"([A-Za-z_0-9]+)((?:\[[A-Za-z_0-9-]*\])*)", name)
        if not match:
            raise BadParams(f"Invalid parameter name: {name}", name)
        path = [match[1], *re.findall(r"\[([^]]*)\]", match[2])]
        place = found
        for key in path[:-1]:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise BadParams(f"Invalid {path[0]}: both a value and a hash", path[0])
        place[path[-1]] = value
    return found


def checked(values: Mapping[str, Any], wanted: type, path: str = "") -> dict[str, Any]:
    """Give the parameters with their types; raises BadParams for unknown names, missing ones and wrong values."""
    hints = _hints(wanted)
    result = {}
    for name, value in values.items():
        here = f"{path}[{name}]" if path else name
        if name not in hints:
            raise BadParams(f"Received unknown parameter: {here}", here, "parameter_unknown")
        result[name] = _read(value, hints[name], here)
    for name in wanted.__required_keys__ & set(hints):  # type: ignore[attr-defined]
        if name not in result:
            here = f"{path}[{name}]" if path else name
            raise BadParams(f"Missing required param: {here}.", here, "parameter_missing")
    return result


@cache
def _hints(wanted: type) -> dict[str, Any]:
    """Give the types of a TypedDict of the SDK, without the request's options that it has in it."""
    from stripe._request_options import RequestOptions

    own = {name: hint for name, hint in wanted.__annotations__.items() if name not in RequestOptions.__annotations__}
    return typing.get_type_hints(type("Own", (), {"__annotations__": own, "__module__": wanted.__module__}))


def _read(value: Any, hint: Any, path: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _read_either(value, typing.get_args(hint), path)
    if origin is Literal:
        if value not in typing.get_args(hint):
            allowed = ", ".join(str(choice) for choice in typing.get_args(hint))
            raise BadParams(f"Invalid {path}: must be one of {allowed}", path)
        return value
    if origin is list:
        return [_read(item, typing.get_args(hint)[0], f"{path}[{at}]") for at, item in enumerate(_items(value, path))]
    if isinstance(value, dict):
        if isinstance(hint, type) and hasattr(hint, "__required_keys__"):
            return checked(value, hint, path)
        if origin is dict or "UntypedStripeObject" in str(hint):
            return {name: _plain(item, f"{path}[{name}]") for name, item in value.items()}
        raise BadParams(f"Invalid hash: {path}", path)
    return _read_one(value, hint, path)


def _read_either(value: Any, hints: tuple[Any, ...], path: str) -> Any:
    # The SDK writes "one of these, or any text that comes later"; what we send is to be one of these.
    choices = [hint for hint in hints if typing.get_origin(hint) is Literal]
    strict = any(typing.get_args(choice) != ("",) for choice in choices)
    tried = [hint for hint in hints if not (strict and hint is str)]
    problem = BadParams(f"Invalid {path}", path)
    for hint in tried:
        try:
            return _read(value, hint, path)
        except BadParams as error:
            problem = error
    raise problem


def _read_one(value: str, hint: Any, path: str) -> Any:
    if hint is int:
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise BadParams(f"Invalid integer: {value}", path, "parameter_invalid_integer")
        return int(value)
    if hint is bool:
        if value not in ("true", "false"):
            raise BadParams(f"Invalid boolean: {value}", path)
        return value == "true"
    if hint in (float, Decimal):
        try:
            return Decimal(value)
        except InvalidOperation:
            raise BadParams(f"Invalid decimal: {value}", path) from None
    if hint is not str:
        raise BadParams(f"Invalid {path}", path)
    return _plain(value, path)


def _plain(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise BadParams(f"Invalid string: {path}", path)
    if len(value) > 5000:
        raise BadParams(f"{path} is too long", path)
    return value


def _items(value: Any, path: str) -> list[Any]:
    if not isinstance(value, dict) or sorted(value) != sorted(str(at) for at in range(len(value))):
        raise BadParams(f"Invalid array: {path}", path)
    return [value[str(at)] for at in range(len(value))]
