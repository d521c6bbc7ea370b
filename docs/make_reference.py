"""Writes the tables of docs/reference.md from the code: settings, commands, error codes, rules, facts, columns.

.venv/bin/python docs/make_reference.py            # tests/unit/test_docs.py says when this is due
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import annotated_types
import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import voicebot
from voicebot.cli import app
from voicebot.errors import InputFault, VoicebotError
from voicebot.mis.registry.columns import SYNONYMS
from voicebot.scenarios.checking import RULES
from voicebot.scenarios.facts import FACTS, Secrecy
from voicebot.settings import ROOT, Settings

PAGE = Path(__file__).with_name("reference.md")
BLOCK = re.compile(r"(<!-- made by make_reference\.py: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

#: What each setting does. A setting without a line here, or a line without its setting, is an error.
MEANINGS = {
    "node": "name of this machine among several; stays the same for ever, work is recovered under it",
    "clinic.name": "spoken to whoever picks up: a neutral name, without a speciality",
    "clinic.phone": "shown as caller ID while `telephony.caller_id` is empty",
    "clinic.zone": "zone of the times in imported tables, and of `status`",
    "paths.local": "what the set-up fetched: Asterisk, voices, models",
    "paths.data": "databases, run-time state, journals of the city",
    "paths.scenarios": "scenarios, phrase table, pronunciation dictionary",
    "paths.audio": "music on hold; recorded prompts in `prompts/{scenario}/{step}.wav`",
    "paths.city": "the people of the simulated city",
    "paths.asterisk_conf": "configuration templates of both Asterisks",
    "database.url": "the robot's own database; empty: SQLite in `paths.data`; else `postgresql://…`",
    "database.engine_url": "the durable queue's database; empty: the same PostgreSQL, or SQLite in `paths.data`",
    "nodes.dead_after_s": "several machines: one silent for so long is dead to the others, who write its calls off",
    "mis.kind": "which MIS",
    "mis.url": "database of the built-in registry; empty: SQLite in `paths.data`",
    "mis.sync_every_s": "how often visits are read from the MIS",
    "mis.fresh_for_min": "with the MIS down, visits read at most so long ago may be dialled",
    "telephony.asterisk.kind": "`embedded`: started by voicebot, on 127.0.0.1 only; `external`: runs elsewhere",
    "telephony.asterisk.url": "ARI of an external Asterisk",
    "telephony.asterisk.user": "ARI user of an external Asterisk",
    "telephony.asterisk.password": "ARI password of an external Asterisk; better in the environment than in the file",
    "telephony.asterisk.trunk": "host:port of the provider's SIP side for an embedded Asterisk; `city`: simulated",
    "telephony.asterisk.endpoint": "what Asterisk dials for a number",
    "telephony.lines": "calls at once",
    "telephony.calls_per_second": "new calls a second",
    "telephony.ring_timeout_s": "how long a telephone rings",
    "telephony.live": "the dialling lock: false rings nobody but the city",
    "telephony.caller_id": "a number of the contract with the provider; empty keeps the lock shut",
    "telephony.caller_ids.numbers": "the numbers of the contract; each patient always sees the same one",
    "telephony.caller_ids.branches": "branch → the number that its patients see",
    "telephony.caller_ids.campaigns": "campaign → the number that it shows",
    "telephony.allowed_prefixes": "destinations that may be rung; +7 does not cover Kazakhstan (+76, +77)",
    "telephony.queues": "where `transfer: NAME` of a scenario rings",
    "telephony.administrators": "how many people pick up the telephone of a queue; one where nothing is said",
    "rules.hours.weekdays": "calling hours in the patient's own time",
    "rules.hours.weekends": "the same on weekends and public holidays of Russia",
    "rules.conversations_a_day": "with one patient, over all scenarios",
    "rules.contacts_a_month": "with one patient in 31 days, over all campaigns; reminders are left out",
    "rules.refused_months": "who refused an invitation is invited again after so many calendar months",
    "rules.calls_per_administrator": "invitations in progress for each free administrator",
    "rules.call_late_bookings": "a visit booked after its reminder was due: call in the next allowed hours, or never",
    "prices.minute": "roubles for a minute of talk, for `voicebot report`",
    "prices.step_s": "the operator counts a call in steps of so many seconds",
    "prices.sms": "roubles for one part of an SMS",
    "prices.visit": "what a visit brings on average, in roubles",
    "speech.asr": "recogniser; `auto`: Vosk if its Russian model is in place, else Whisper",
    "speech.tts": "voice engine; `auto`: RHVoice",
    "speech.workers": "recognition processes, each on one core",
    "speech.recognition_timeout_s": "an answer that takes longer is lost, and the question asked again",
    "speech.rate": "speed of speech, −1 slowest, +1 fastest",
    "web.host": "address of the web server",
    "web.port": "port of the web server; 0 takes a free one",
}


def main() -> None:
    PAGE.write_text(made(PAGE.read_text("utf-8")), "utf-8")


def made(page: str) -> str:
    """The page with every generated block as the code has it now."""
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]]()}\n{found[3]}", page)


# Settings -----------------------------------------------------------------------------------


def _settings() -> str:
    found = dict(_fields(Settings, ""))
    if set(found) != set(MEANINGS):
        raise SystemExit(f"MEANINGS and the settings differ: {sorted(set(found) ^ set(MEANINGS))}")
    rows = [(f"`{name}`", _default(field), _kind(field), MEANINGS[name]) for name, field in found.items()]
    return _table(("setting", "default", "values", "meaning"), rows)


def _fields(tree: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in tree.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _fields(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if isinstance(value, Path):
        value = value.relative_to(ROOT)
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, tuple):
        value = f"[{', '.join(value)}]"
    if isinstance(value, dict):
        value = "{" + ", ".join(f"{k}: {v}" for k, v in value.items()) + "}"
    return f"`{value}`" if value != "" else ""


def _kind(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if get_origin(kind) is Literal:
        return ", ".join(f"`{v}`" for v in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{member.value}`" for member in kind)
    if kind is bool:
        return "`true`, `false`"
    limits = {type(m): m for m in field.metadata}
    least = next((str(getattr(limits[t], a)) for t, a in ((annotated_types.Ge, "ge"), (annotated_types.Gt, "gt"))
                  if t in limits), "")  # fmt: skip
    most = limits.get(annotated_types.Le)
    above = ">" if annotated_types.Gt in limits else ""
    return f"{above}{least} … {most.le}" if isinstance(most, annotated_types.Le) else ""


# Commands -----------------------------------------------------------------------------------


def _commands() -> str:
    rows = []
    for name, command in _leaves(typer.main.get_group(app), ""):
        words = [_word(p) for p in command.params if p.name != "help"]
        rows.append((f"`{' '.join(['voicebot', name, *words])}`", (command.help or "").replace("\n", " ")))
    return _table(("command", "what it does"), rows)


def _leaves(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    """The commands, those of groups (`ear make`) included."""
    for name, command in group.commands.items():
        full = f"{before}{name}"
        if hasattr(command, "commands"):
            yield from _leaves(command, f"{full} ")
        else:
            yield full, command


def _word(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = str(parameter.name).upper()
        name = f"{name.removesuffix('S')}…" if parameter.nargs == -1 else name
        return name if parameter.required else f"[{name}]"
    option = parameter.opts[0]
    word = option if parameter.is_flag else f"{option} {str(parameter.name).upper().removeprefix('AS_')}"
    return word if parameter.required else f"[{word}]"


# The rest -----------------------------------------------------------------------------------


def _errors() -> str:
    for module in pkgutil.walk_packages(voicebot.__path__, "voicebot."):
        if ".migrations" not in module.name:
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                if error.name not in ("torch", "onnx"):  # the extra `train`: it has no errors of its own
                    raise
    found: dict[str, type[VoicebotError]] = {}
    for kind in _kinds(VoicebotError):
        if "code" in vars(kind):
            found.setdefault(kind.code, kind)
    rows = [(f"`{code}`", "2" if issubclass(kind, InputFault) else "1", _first_line(kind))
            for code, kind in sorted(found.items())]  # fmt: skip
    return _table(("code", "exit", "meaning"), rows)


def _kinds(kind: type[VoicebotError]) -> Iterator[type[VoicebotError]]:
    yield kind
    for below in sorted(kind.__subclasses__(), key=lambda k: (k.__module__, k.__name__)):
        if below.__module__.startswith("voicebot."):
            yield from _kinds(below)


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")


def _rules() -> str:
    return _table(("rule", "meaning"), [(f"`{name}`", rule.title) for name, rule in RULES.items()])


def _facts() -> str:
    known = "after identity"
    when = {
        Secrecy.OPEN: "anybody",
        Secrecy.MEDICAL: known,
        Secrecy.DOCTOR: f"{known} (names the doctor)",
        Secrecy.PERSONAL: known,
    }
    rows = [
        (f"`{{{f.name}}}`", f.meaning, f.example if f.spoken else f"{f.example} (only in `choose`)", when[f.secrecy])
        for f in FACTS.values()
    ]
    return _table(("fact", "meaning", "example", "who may hear it"), rows)


def _columns() -> str:
    return _table(("column", "headers that are understood"), [(c.value, ", ".join(s)) for c, s in SYNONYMS.items()])


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)


BLOCKS: dict[str, Callable[[], str]] = {
    "settings": _settings, "commands": _commands, "errors": _errors, "rules": _rules, "facts": _facts,
    "columns": _columns,
}  # fmt: skip


if __name__ == "__main__":
    main()
