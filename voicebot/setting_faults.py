"""What is wrong in the settings, in words that name the place: file:line:column, or the environment variable."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError
from ruamel.yaml.comments import CommentedMap

from voicebot.errors import InputFault

PREFIX = "VOICEBOT_"
#: Variables of ours that are no settings.
OTHER_VARIABLES = frozenset({"VOICEBOT_CONFIG", "VOICEBOT_LOG", "VOICEBOT_TESTSET"})


class SettingsFault(InputFault):
    """A setting is wrong."""

    code = "settings"


_TEXTS = {
    "extra_forbidden": "такой настройки нет",
    "missing": "настройка обязательна",
    "int_parsing": "нужно целое число",
    "int_type": "нужно целое число",
    "int_from_float": "нужно целое число",
    "float_parsing": "нужно число",
    "float_type": "нужно число",
    "bool_parsing": "нужно true или false",
    "bool_type": "нужно true или false",
    "string_type": "нужна строка",
    "path_type": "нужен путь к папке или файлу",
    "tuple_type": "нужен список: [значение, значение]",
    "mapping_type": "нужны пары «имя: значение»",
    "greater_than_equal": "число слишком мало",
    "greater_than": "число слишком мало",
    "less_than_equal": "число слишком велико",
    "less_than": "число слишком велико",
    "string_too_short": "не должно быть пусто",
    "string_too_long": "слишком длинно",
    "literal_error": "такого значения нет",
    "enum": "такого значения нет",
    "model_type": "нужна ветка настроек, а не одно значение",
}
_LIMITS = {
    "ge": "не меньше {}",
    "gt": "больше {}",
    "le": "не больше {}",
    "lt": "меньше {}",
    "expected": "можно: {}",
    "max_length": "не длиннее {} знаков",
}


def explain(error: ValidationError, data: CommentedMap, file: str) -> str:
    """Every mistake on a line of its own, in the order of the file, each with its place."""
    found = []
    for problem in error.errors():
        path = ".".join(str(p) for p in problem["loc"])
        text = _TEXTS.get(problem["type"]) or str(problem["msg"]).removeprefix("Value error, ")
        limits = [_LIMITS[k].format(v) for k, v in problem.get("ctx", {}).items() if k in _LIMITS]
        hint = f" ({', '.join(limits).replace(' or ', ' или ')})" if limits else ""
        line, place = _place(problem["loc"], data, file)
        found.append((line, f"{place}: {path}: {text}{hint}."))
    return "\n".join(text for _, text in sorted(found, key=lambda pair: pair[0]))


def unknown_variables(environment: Mapping[str, str], branches: Sequence[str]) -> str:
    """A sentence for each VOICEBOT_* variable that sets nothing because its first word is no setting; '' for none.

    pydantic looks only for the names that it knows, so a misspelt one would silently do nothing.
    """
    return "\n".join(
        f"{name} (окружение): такой настройки нет." for name in sorted(environment) if _strange(name, branches)
    )


def unreadable_variables(environment: Mapping[str, str], tree: type[BaseModel]) -> str:
    """A sentence for each VOICEBOT_* variable that holds a list or a whole branch but is no JSON; '' for none."""
    return "\n".join(
        f"{name} (окружение): значение не разобрано; список и ветку пишут так: "
        + ('["+7"].' if _is_list(name, tree) else '{"имя": "значение"}.')
        for name, value in sorted(environment.items())
        if name.startswith(PREFIX) and _is_compound(name, tree) and not _is_json(value)
    )


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _is_compound(name: str, tree: type[BaseModel]) -> bool:
    kind = _kind(name, tree)
    return get_origin(kind) is not None or (isinstance(kind, type) and issubclass(kind, BaseModel))


def _is_list(name: str, tree: type[BaseModel]) -> bool:
    return get_origin(_kind(name, tree)) is tuple


def _kind(name: str, tree: type[BaseModel]) -> Any:
    """The type of the setting that a variable sets; None when there is no such setting."""
    kind: Any = tree
    for part in name.removeprefix(PREFIX).lower().split("__"):
        fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
        if part not in fields:
            return None
        kind = fields[part].annotation
    return kind


def _strange(name: str, branches: Sequence[str]) -> bool:
    if not name.startswith(PREFIX) or name in OTHER_VARIABLES:
        return False
    return name.removeprefix(PREFIX).split("__")[0].lower() not in branches


def _place(loc: tuple[int | str, ...], data: CommentedMap, file: str) -> tuple[int, str]:
    """(line, file:line:column) of the setting; of its environment variable when that is what set it."""
    for variable in _variables(loc):
        if variable in os.environ:
            return 0, f"{variable} (окружение)"
    node: Any = data
    line, place = 0, file
    for key in loc:
        if not isinstance(node, CommentedMap) or key not in node:
            break
        row, column = node.lc.key(key)
        line, place = row + 1, f"{file}:{row + 1}:{column + 1}"
        node = node[key]
    return line, place


def _variables(loc: Sequence[int | str]) -> Iterator[str]:
    """The names that may have set it: its own, or that of a branch given as JSON."""
    for length in range(len(loc), 0, -1):
        yield PREFIX + "__".join(str(part).upper() for part in loc[:length])
