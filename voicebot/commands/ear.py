"""`voicebot ear make|train|evaluate|enrol`: the training of the ear (docs/figures/ear.md). Needs the extra `train`."""

from __future__ import annotations

import importlib.util
import os
import platform
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voicebot.errors import InputFault
from voicebot.terminal import print_json, progress, say

if TYPE_CHECKING:
    from voicebot.hearing.ear.phrases import Phrase
    from voicebot.settings import Settings

_CLIPS, _JUDGED, _SEED, _EPOCHS = 36_000, 2, 4, 14

group = typer.Typer(
    help="Слух: обучить робота узнавать ответы на слух. Порядок: make, train; evaluate — проверить, enrol — дописать.",
    no_args_is_help=True,
)

Folder = Annotated[Path | None, typer.Option("--folder", help="Где клипы; без него — ear/clips в папке данных.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Вывести JSON для программ.")]
Seed = Annotated[int, typer.Option("--seed", help="Зерно случайности: то же зерно — тот же результат.")]
Own = Annotated[Path | None, typer.Option("--phrases", help="Свои фразы клиники, как ear/phrases.ru.yaml.")]


class NoVoice(InputFault):
    """--without names a voice that no clip was said by."""

    code = "ear-no-voice"


class TorchMissing(InputFault):
    """Training needs torch, which calls do not."""

    code = "torch-missing"


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="ear")


@group.command()
def make(
    folder: Folder = None,
    clips: Annotated[int, typer.Option("--clips", min=100, help="Сколько клипов для обучения.")] = _CLIPS,
    judged: Annotated[
        int, typer.Option("--judged", min=0, help="Фраз каждого класса на голос для проверки.")
    ] = _JUDGED,
    processes: Annotated[int, typer.Option("--processes", min=1, max=64)] = min(2, os.cpu_count() or 1),
    seed: Seed = _SEED,
    phrases: Own = None,
    config: ConfigFile = None,
) -> None:
    """Сделать обучающие клипы синтетическими голосами. Прерванное продолжается с того же места."""
    from voicebot.hearing.ear.making import Order, make
    from voicebot.settings import load

    settings = load(config)
    local = settings.paths.local
    order = Order(
        folder or _clips(settings), local / "rhvoice", _whisper(settings), clips, judged, seed, processes, _own(phrases)
    )
    with progress() as tell:
        made = make(order, tell)
    say(f"Клипов: {len(made.recipes)} в {order.folder}. Голоса: {', '.join(made.voices)}.")
    heard = ", ".join(f"{speaker} ({count})" for speaker, count in made.recordings.items())
    say(f"Записи людей: {heard or 'нет; см. docs/figures/ear.md, как добавить'}.")


@group.command()
def train(
    folder: Folder = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Куда положить модель; без него — ear в папке данных.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="Голос, на котором не учить: чтобы проверить модель на нём."),
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=200)] = _EPOCHS,
    seed: Seed = _SEED,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Обучить модель на клипах (около 10 минут на одном ядре). Робот берёт её из папки данных."""
    _needs_torch()
    from datetime import UTC

    from voicebot.clock import SystemClock
    from voicebot.hearing.ear.card import write_card
    from voicebot.hearing.ear.head_file import write_head
    from voicebot.hearing.ear.making import load_made, places
    from voicebot.hearing.ear.network import to_onnx
    from voicebot.hearing.ear.training import train
    from voicebot.settings import load

    settings = load(config)
    recipes, features = load_made(folder or _clips(settings))
    _needs_voices(without or (), {r.speaker for r in recipes})
    learnt = places(recipes, features, True)
    learnt = learnt[[recipes[i].speaker not in (without or ()) for i in learnt]]
    mine = [recipes[i] for i in learnt]
    with progress() as tell:
        trained = train(mine, features[learnt], seed, epochs, tell)
    voices = tuple(sorted({r.speaker for r in mine}))
    place = out or ear_folder(settings)
    today = SystemClock().now().astimezone(UTC).date().isoformat()
    card = write_head(place, to_onnx(trained.head), trained.temperature, today, trained.clips, voices)
    write_card(place, card, mine, trained.accuracy, seed, epochs)
    if as_json:
        print_json({"folder": place, "accuracy": trained.accuracy, "temperature": trained.temperature,
                    "clips": trained.clips, "sha256": card.sha256})  # fmt: skip
    else:
        right = f"{100 * trained.accuracy:.1f} %"
        say(f"Модель в {place}: {card.size} байт, {trained.clips} клипов, верно {right} (на знакомых голосах).")


@group.command()
def evaluate(
    folder: Folder = None,
    without: Annotated[list[str] | None, typer.Option("--without", help="Только эти части: голос или phrases.")] = None,
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=200, help="На каждую модель без голоса.")] = 8,
    page: Annotated[Path | None, typer.Option("--page", help="Куда записать страницу, Markdown.")] = None,
    seed: Seed = _SEED,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Проверить честно: каждый голос — моделью, которая его не слышала, и так же пятая часть фраз."""
    _needs_torch()
    from voicebot.hearing.ear.evaluating import judge_all
    from voicebot.hearing.ear.making import load_made, places
    from voicebot.hearing.ear.report import as_data, as_page
    from voicebot.settings import load

    recipes, features = load_made(folder or _clips(load(config)))
    with progress() as tell:
        parts = list(judge_all(recipes, features, seed, epochs, tell, without))
    clips = len(places(recipes, features, True))
    written = as_page(
        parts, epochs, clips, seed, f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {platform.machine()}"
    )
    if page is not None:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(written)
    if as_json:
        print_json(as_data(parts))
    else:
        print(written)


@group.command()
def enrol(
    meaning: Annotated[str, typer.Argument(help="Что это значит: yes, no, stop, callback_later…")],
    texts: Annotated[list[str], typer.Argument(help="Новые фразы, например «я подскочу».")],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Записать новые фразы клиники: робот узнаёт их сразу, а voicebot ear train выучит их как следует."""
    from voicebot.hearing.ear.enrolment import enrol
    from voicebot.settings import load

    settings = load(config)
    done = enrol(meaning, texts, ear_folder(settings), settings.paths.local / "rhvoice", _whisper(settings))
    if as_json:
        print_json([{"text": e.text, "meaning": e.label.value, "voices": len(e.embeddings)} for e in done])
        return
    for sentence in done:
        say(f"«{sentence.text}» → {sentence.label.value}: голосов {len(sentence.embeddings)}.")


def ear_folder(settings: Settings) -> Path:
    """Where a clinic's own head and its enrolled sentences are."""
    return settings.paths.data / "ear"


def _clips(settings: Settings) -> Path:
    return ear_folder(settings) / "clips"


def _whisper(settings: Settings) -> Path:
    from voicebot.speech.models import require_files

    folder = settings.paths.local / "models" / "whisper-base"
    require_files(folder, ("model.bin", "config.json"), "Модель распознавания Whisper")
    return folder


def _own(path: Path | None) -> Sequence[Phrase]:
    from voicebot.hearing.ear.phrases import load_phrases

    return load_phrases(path) if path is not None else ()


def _needs_voices(without: Collection[str], known: Collection[str]) -> None:
    unknown = sorted(set(without) - set(known))
    if unknown:
        raise NoVoice(f"Среди клипов нет голоса {', '.join(unknown)}.", f"Есть: {', '.join(sorted(known))}.")


def _needs_torch() -> None:
    if not all(importlib.util.find_spec(name) for name in ("torch", "onnx")):
        raise TorchMissing("Для обучения нужны библиотеки torch и onnx.", "Установите: pip install 'voicebot[train]'.")
