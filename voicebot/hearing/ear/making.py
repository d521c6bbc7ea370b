"""`voicebot ear make`: clips by plan, and their features, in shards that a second run does not make again.

A folder holds plan.json (fingerprint, seed), manifest.csv (one line a clip), features-0000.npy …
(float16, [n, 50, 512]).
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ruamel.yaml import YAML

from voicebot.errors import InputFault
from voicebot.hearing.ear.clips import Maker, as_pcm
from voicebot.hearing.ear.features import FRAMES, WIDTH, encode, log_mel, to_window
from voicebot.hearing.ear.line import Condition
from voicebot.hearing.ear.phrases import Phrase, load_phrases, load_unrelated
from voicebot.hearing.ear.recipes import Material, Recipe, as_csv, fingerprint, from_csv, plan
from voicebot.hearing.ear.sounds import RATE
from voicebot.hearing.ear.voices import FESTVOX, PROMPTS, Speakers

_PR_SET_PDEATHSIG = 1
# two processes whose BLAS has two threads each spend half of their time waiting for one another
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
SHARD = 200  # clips: half a minute of work that an interruption can cost
_BATCH = 8
_KEPT_FILE = Path(__file__).with_name("kept_recordings.yaml")
Tell = Callable[[str, int, int], None]


class WrongFolder(InputFault):
    """The folder holds clips of another plan, or none."""

    code = "ear-folder"


@dataclass(frozen=True, slots=True)
class Order:
    """What to make. clips: to learn from; judged: phrases of each class that each voice says for judging."""

    folder: Path
    rhvoice: Path | None
    whisper: Path
    clips: int = 20_000
    judged: int = 2
    seed: int = 4
    processes: int = 2
    phrases: Sequence[Phrase] = ()  # the clinic's own, besides the shipped ones


@dataclass(frozen=True, slots=True)
class Made:
    recipes: tuple[Recipe, ...]
    voices: tuple[str, ...]
    recordings: Mapping[str, int]  # speaker -> files


def make(order: Order, tell: Tell, material: Material | None = None) -> Made:
    """All shards of the plan; may be interrupted at any time and run again.

    material: of what to make them; None: all that there is. Raises ModelMissing, WrongFolder.
    """
    material = material or material_of(order)
    recipes = plan(material, order.clips, order.judged, order.seed)
    _settle(order, recipes)
    shards = [recipes[i : i + SHARD] for i in range(0, len(recipes), SHARD)]
    missing = [i for i in range(len(shards)) if not shard_file(order.folder, i).exists()]
    done = len(shards) - len(missing)
    tell("клипы", done * SHARD, len(recipes))
    os.environ.update(_ONE_THREAD)  # of the processes that start now: theirs is read when numpy is imported
    spawn = multiprocessing.get_context("spawn")  # forked threads of numpy and ctranslate2 hang
    start = (str(order.rhvoice or ""), str(order.whisper), order.seed)
    with ProcessPoolExecutor(order.processes, spawn, _start, start) as pool:
        try:
            for ready in as_completed([pool.submit(_shard, shard_file(order.folder, i), shards[i]) for i in missing]):
                ready.result()
                done += 1
                tell("клипы", min(done * SHARD, len(recipes)), len(recipes))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    names = tuple(v.name for v in material.voices)
    return Made(recipes, names, {s: len(f) for s, f in material.recordings.items()})


def material_of(order: Order) -> Material:
    """What this machine can make clips of. Raises ModelMissing without RHVoice."""
    speakers = Speakers(order.rhvoice)
    try:
        voices = speakers.voices()
    finally:
        speakers.close()
    own = {p.text for p in order.phrases}
    shipped = tuple(p for p in load_phrases() if p.text not in own)
    learnt, kept = recordings()
    return Material((*shipped, *order.phrases), load_unrelated(), voices, learnt, kept)


def recordings() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """Recordings of people on this machine: to learn from, and kept for judging. Digits and letters of other
    languages are left out: «tre» is «три»."""
    numbers = set(YAML(typ="safe").load(_KEPT_FILE.read_text())["festvox"])
    festvox = sorted(FESTVOX.glob("wav/ru_*.wav"))
    learnt: dict[str, tuple[str, ...]] = {}
    kept: dict[str, tuple[str, ...]] = {}
    learnt["festvox"] = tuple(str(p) for p in festvox if int(p.stem[3:]) not in numbers)
    kept["festvox"] = tuple(str(p) for p in festvox if int(p.stem[3:]) in numbers)
    for folder in sorted(PROMPTS.glob("[a-z][a-z]_*_*")):
        if folder.name.startswith("ru_"):
            continue  # our tests judge by it
        files = tuple(
            str(p) for p in sorted(folder.glob("*.wav")) if not p.stem.startswith(("yes", "no", "beep", "tt-"))
        )
        (kept if folder.name.startswith("fr_") else learnt)[folder.name] = files
    return {s: f for s, f in learnt.items() if f}, {s: f for s, f in kept.items() if f}


def shard_file(folder: Path, number: int) -> Path:
    return folder / f"features-{number:04d}.npy"


def load_made(folder: Path) -> tuple[tuple[Recipe, ...], npt.NDArray[np.float16]]:
    """The manifest and all features, [n, 50, 512]. Raises WrongFolder when something is missing."""
    try:
        recipes = from_csv((folder / "manifest.csv").read_text())
        parts = [np.load(shard_file(folder, i)) for i in range(-(-len(recipes) // SHARD))]
    except (OSError, ValueError, KeyError) as error:
        raise WrongFolder(f"В {folder} нет готовых клипов: {error}.", "Выполните voicebot ear make.") from error
    features = np.concatenate(parts) if parts else np.zeros((0, FRAMES, WIDTH), np.float16)
    if len(features) != len(recipes) or not len(recipes):
        raise WrongFolder(f"В {folder} клипов {len(features)}, а в manifest.csv — {len(recipes)}.", "Удалите папку.")
    return recipes, features


def _settle(order: Order, recipes: Sequence[Recipe]) -> None:
    order.folder.mkdir(parents=True, exist_ok=True)
    mark = {"fingerprint": fingerprint(recipes, order.seed), "seed": order.seed, "clips": len(recipes)}
    path = order.folder / "plan.json"
    if path.exists() and json.loads(path.read_text()) != mark:
        raise WrongFolder(
            f"В {order.folder} клипы по другому плану (другие фразы, голоса, число или зерно).",
            "Удалите папку или укажите другую: --folder.",
        )
    (order.folder / "manifest.csv").write_text(as_csv(recipes))
    path.write_text(json.dumps(mark))


# of a worker process: made once in it, by _start
_worker: list[tuple[Maker, object]] = []


def _start(rhvoice: str, whisper: str, seed: int) -> None:
    import ctranslate2

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # whatever ends the parent ends this
    os.nice(5)  # a robot may be on the telephone on the same machine
    model = ctranslate2.models.Whisper(whisper, device="cpu", compute_type="int8", intra_threads=1)
    _worker[:] = [(Maker(Path(rhvoice) if rhvoice else None, seed), model)]


def _shard(path: Path, recipes: Sequence[Recipe]) -> None:
    maker, model = _worker[0]
    clips = [(i, clip) for i, clip in enumerate(maker.make(recipes)) if clip is not None]
    features = np.zeros((len(recipes), FRAMES, WIDTH), np.float16)  # what could not be said stays zero
    for start in range(0, len(clips), _BATCH):
        batch = clips[start : start + _BATCH]
        mels = np.stack([log_mel(to_window(as_pcm(clip), RATE)) for _, clip in batch])
        features[[i for i, _ in batch]] = encode(model, mels)
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    with fresh.open("wb") as file:
        np.save(file, features)
    fresh.replace(path)


def places(recipes: Sequence[Recipe], features: npt.NDArray[np.float16], learning: bool) -> npt.NDArray[np.int64]:
    """Where the clips to learn from are, or those to judge by; without those that no voice could say."""
    said: list[bool] = np.any(features[:, -1] != 0, axis=1).tolist()
    wanted = [said[i] and (r.condition is Condition.TRAIN) == learning for i, r in enumerate(recipes)]
    return np.flatnonzero(wanted)
