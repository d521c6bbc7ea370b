"""Events, actions and calls' results as JSON text, for the store: dataclass -> {"kind": …, fields} and back."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from voicebot.dialogue import actions, events, intents

_KINDS: Mapping[str, type] = {
    cls.__name__: cls
    for module in (events, actions, intents)
    for cls in vars(module).values()
    if isinstance(cls, type) and is_dataclass(cls)
}


def kind_of(item: object) -> str:
    """The name under which an event or action is stored."""
    return type(item).__name__


def encode(item: object) -> str:
    """An event, action or part of one as compact JSON."""
    return json.dumps(_plain(item), ensure_ascii=False, separators=(",", ":"))


def decode(text: str) -> Any:
    """The dataclass that encode was given. Raises ValueError for what is none of ours."""
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("kind") not in _KINDS:
        raise ValueError(f"not a stored event: {text[:80]}")
    return _build(_KINDS[data["kind"]], data)


def _plain(item: object) -> Any:
    if is_dataclass(item) and not isinstance(item, type):
        body: dict[str, Any] = {"kind": kind_of(item)}
        for f in fields(item):
            body[f.name] = _plain(getattr(item, f.name))
        return body
    if isinstance(item, Enum):
        return item.value
    if isinstance(item, frozenset):
        return sorted(_plain(x) for x in item)
    if isinstance(item, tuple | list):
        return [_plain(x) for x in item]
    return item


def _build(cls: type, data: Mapping[str, Any]) -> Any:
    hints = typing.get_type_hints(cls)
    known = {f.name for f in fields(cls)}
    return cls(**{name: _typed(hints[name], value) for name, value in data.items() if name in known})


def _typed(hint: Any, value: Any) -> Any:
    """The value in the type that the field declares."""
    origin = typing.get_origin(hint)
    if isinstance(hint, types.UnionType) or origin is typing.Union:
        if value is None:
            return None
        return _typed(next(a for a in typing.get_args(hint) if a is not type(None)), value)
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(_typed(inner, v) for v in value)
    if origin is frozenset:
        inner = typing.get_args(hint)[0]
        return frozenset(_typed(inner, v) for v in value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if isinstance(hint, type) and is_dataclass(hint):
        return _build(hint, value)
    return value
