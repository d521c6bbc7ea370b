"""Who is taken for an answering machine, and which machines are found: greetings of people and of machines.

    .venv/bin/python tests/bench/bench_machines.py [--write]

Spoken by the voices of the city, as the city speaks them (pauses no longer than 260 ms), on a quiet line and with
noise 15 dB below; heard through the whole listener, and written down at every pause as in a call.
--write: docs/figures/hearing-machines.md. About two minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from voicebot.city.book import VOICES  # noqa: E402 - the repository need not be installed
from voicebot.city.people import Voicemail  # noqa: E402
from voicebot.city.sounds import answering_machine, pink, trim  # noqa: E402
from voicebot.language.machine_words import machine_speaks  # noqa: E402
from voicebot.speech.audio import mix, silence  # noqa: E402
from voicebot.speech.listener import Listener, SpeechPaused, Utterance  # noqa: E402
from voicebot.speech.machine import MachineHeard, MachineJudge  # noqa: E402
from voicebot.speech.rhvoice import RHVoice  # noqa: E402
from voicebot.speech.vad import SileroDetector  # noqa: E402
from voicebot.speech.whisper import WhisperRecogniser  # noqa: E402

PEOPLE = (
    "Алло", "Да", "Слушаю", "Да, слушаю вас", "Алло, кто это?", "Алло, здравствуйте", "Да-да, говорите", "Ало, да",
    "Здравствуйте, слушаю вас внимательно", "Да, алло, я вас слушаю, говорите", "Иванова слушает", "Квартира Петровых",
    "Да, мам, я сейчас за рулём, перезвоню", "Алло, подождите минутку, я выйду из комнаты", "Кто это? Я вас не знаю",
    "Клиника Ромашка, Анна, добрый день", "Компания Вектор, меня зовут Ольга, чем могу помочь?",
    "Отдел продаж, менеджер Сергей, здравствуйте, слушаю вас", "Алло, плохо слышно, говорите громче, пожалуйста",
)  # fmt: skip
MACHINES = (
    "Здравствуйте! Абонент сейчас не может ответить на ваш звонок. Оставьте сообщение после сигнала.",
    "Вы позвонили в семью Ивановых. Сейчас нас нет дома. Оставьте сообщение после сигнала.",
    "Аппарат абонента выключен или находится вне зоны действия сети. Попробуйте перезвонить позже.",
    "Вас приветствует голосовая почта. Пожалуйста, оставьте ваше сообщение после звукового сигнала.",
    "Привет, это Саша. Я не могу подойти к телефону, скажите что-нибудь после гудка.",
    "Набранный вами номер не отвечает. Оставайтесь на линии, и ваш звонок будет переведён на голосовую почту.",
    "Абонент разговаривает по другой линии. Пожалуйста, подождите или перезвоните позднее.",
    "Здравствуйте, я голосовой помощник абонента. Скажите, по какому вопросу вы звоните, и я всё передам.",
    "Вы позвонили после окончания рабочего дня. Мы работаем с девяти до восемнадцати часов.",
    "Говорите после сигнала.",
    "Оставьте сообщение.",
)
NOISY = VOICES[:1]  # whose greetings are heard with noise as well
LEAD_MS, AFTER_MS, SNR_DB = 500, 2500, 15.0


@dataclass(frozen=True)
class Case:
    voice: str
    text: str
    machine: bool
    noise: bool
    sign: str  # greeting, tone, words; '' for a person
    at_ms: int  # after the greeting began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="docs/figures/hearing-machines.md")
    parser.add_argument("--voices", type=int, default=len(VOICES), help="so many of the city's voices")
    options = parser.parse_args()
    if not (ROOT / ".local/rhvoice").is_dir():
        print("bench_machines: .local/rhvoice is missing: run `make setup`", file=sys.stderr)
        return 1
    began = time.monotonic()
    cases = list(_cases(VOICES[: options.voices]))
    text = _table(cases)
    print(text, f"\n{time.monotonic() - began:.0f} s", sep="")
    if options.write:
        (ROOT / "docs/figures/hearing-machines.md").write_text(text, "utf-8")
    return 0


def _cases(voices: Sequence[str]) -> Iterator[Case]:
    engine = RHVoice(ROOT / ".local/rhvoice")
    whisper = WhisperRecogniser(ROOT / ".local/models/whisper-base")
    hiss = pink(20)
    try:
        for voice in voices:
            for text in (*PEOPLE, *MACHINES):
                machine = text in MACHINES
                spoken = trim(engine.speak(text, voice))
                sound = answering_machine(spoken, Voicemail(text))[0] if machine else spoken
                whole = silence(LEAD_MS, 8000) + sound + silence(AFTER_MS, 8000)
                for noise in (False, True) if voice in NOISY else (False,):
                    sign, at_ms = _heard(mix(whole, hiss[: len(whole)], -SNR_DB) if noise else whole, whisper)
                    yield Case(voice, text, machine, noise, sign, at_ms - LEAD_MS)
    finally:
        engine.close()
        whisper.close()


def _heard(pcm: bytes, whisper: WhisperRecogniser) -> tuple[str, int]:
    listener = Listener(SileroDetector(), machine=MachineJudge())
    for at in range(0, len(pcm), 320):
        for event in listener.feed(pcm[at : at + 320], (at + 320) // 16):
            if isinstance(event, MachineHeard):
                return event.sign.value, event.at_ms
            if isinstance(event, SpeechPaused | Utterance):
                session = whisper.open(8000)
                session.feed(event.pcm)
                written = session.final()
                if written.no_speech <= 0.5 and machine_speaks(written.text):
                    return "words", event.at_ms + written.took_ms
    return "", 0


def _table(cases: list[Case]) -> str:
    lines = [
        "# Answering machines: figures", "",
        "`tests/bench/bench_machines.py --write`. "
        f"{len(PEOPLE)} greetings of people and {len(MACHINES)} of machines (with their beep), "
        f"{len({c.voice for c in cases})} voices; {len(NOISY)} of them also with noise {SNR_DB:.0f} dB below.", "",
        "| | taken for a machine by its words | by its long greeting | by its beep | taken for a person |",
        "| --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for machine in (False, True):
        for noise in (False, True):
            some = [c for c in cases if c.machine is machine and c.noise is noise]
            found = Counter(c.sign for c in some)
            who = ("machine" if machine else "person") + (", noise" if noise else ", quiet")
            shares = [found[s] for s in ("words", "greeting", "tone", "")]
            lines.append(f"| {who} ({len(some)}) | " + " | ".join(str(n) for n in shares) + " |")
    times = sorted(c.at_ms for c in cases if c.machine and c.sign)
    if times:
        half, last = np.median(times) / 1000, times[-1] / 1000
        lines += [
            "",
            f"After its greeting began a machine is known: half of them within {half:.1f} s, all {last:.1f} s.",
        ]
    wrong = Counter(c.text for c in cases if c.machine is not bool(c.sign))
    if wrong:
        lines += [
            "",
            "Wrong:",
            "",
            *(f"- «{text}»: {n} of {sum(c.text == text for c in cases)}" for text, n in wrong.most_common()),
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
