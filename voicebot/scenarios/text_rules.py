"""Rules about single texts: not too long, nothing in them that cannot be spoken, no fact that may be missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from voicebot.contacts.wording import SHORT
from voicebot.language.speaking import unspeakable
from voicebot.scenarios.certainty import known_facts
from voicebot.scenarios.characters import latin_words_that_look_russian, mixed_words, wrongly_decoded
from voicebot.scenarios.facts import facts_in, with_examples
from voicebot.scenarios.mistakes import Mistake
from voicebot.scenarios.subject import Subject, Text

MAX_PROMPT_S = 20
MAX_WHISPER_S = 15  # the patient waits meanwhile
_SHOWN = 3  # odd words of one text that are named


def lengths(s: Subject) -> Iterator[Mistake]:
    for text in s.spoken:
        if (seconds := s.seconds(with_examples(text.text))) > MAX_PROMPT_S:
            yield s.mistake("long-prompt", f"Эта фраза звучит около {seconds:.0f} секунд: разбейте её.", *text.path)
    for text in s.whispers:
        if (seconds := s.seconds(with_examples(text.text))) > MAX_WHISPER_S:
            yield s.mistake("long-whisper", f"Администратор слушает это около {seconds:.0f} секунд, а пациент ждёт: "
                            "сократите.", *text.path)  # fmt: skip


def missing_facts(s: Subject) -> Iterator[Mistake]:
    certain = known_facts(s.scenario)
    for text in (*s.spoken, *s.whispers):
        known = certain.get(text.step, frozenset())
        lacking = [fact.name for fact in facts_in(text.text) if fact.optional and fact.name not in known]
        if lacking:
            names = ", ".join(f"{{{name}}}" for name in dict.fromkeys(lacking))
            yield s.mistake("maybe-missing", f"{names} бывает неизвестно, и тогда позвонить нельзя: сначала choose.",
                            *text.path, warning=True)  # fmt: skip
    for text in s.messages:
        name = text.path[-1]
        lacking = [fact.name for fact in facts_in(text.text) if fact.optional]
        if lacking and f"{name}{SHORT}" not in s.scenario.messages:
            names = ", ".join(f"{{{fact}}}" for fact in dict.fromkeys(lacking))
            yield s.mistake("maybe-missing", f"{names} бывает неизвестно, и тогда СМС не уйдёт: добавьте {name}{SHORT} "
                            "без этого.", *text.path, warning=True)  # fmt: skip


def speakable(s: Subject) -> Iterator[Mistake]:
    for text in (*s.spoken, *s.whispers):
        if odd := _odd_words(s, text):
            yield s.mistake("unspeakable", f"Как это произнести: {_listed(odd)}? Напишите русскими словами или "
                            "добавьте в spoken.ru.yaml.", *text.path, warning=True)  # fmt: skip


def letters(s: Subject) -> Iterator[Mistake]:
    for text in (*s.spoken, *s.whispers, *s.messages, *s.tasks):
        if piece := wrongly_decoded(text.text):
            yield s.mistake("mojibake", f"Текст испорчен («{piece[:20]}»): файл открывали не в той кодировке.",
                            *text.path)  # fmt: skip
            continue
        for _, word, odd in mixed_words(text.text):
            yield s.mistake("mixed-letters", f"В слове «{word[:40]}» {_odd_letters(word, odd)}: наберите его заново.",
                            *text.path, warning=True)  # fmt: skip
        for _, word in latin_words_that_look_russian(text.text):
            if not _in_dictionary(s, word):
                yield s.mistake("mixed-letters", f"Слово «{word[:40]}» набрано латинскими буквами "
                                f"(«{word[0]}» и другие): наберите его заново.", *text.path, warning=True)  # fmt: skip


def _odd_words(s: Subject, text: Text) -> Sequence[str]:
    """What the voice can only guess at. Words of two alphabets are told by another rule."""
    mixed = {word for _, word, _ in mixed_words(text.text)} | {w for _, w in latin_words_that_look_russian(text.text)}
    found = unspeakable(text.text, s.pronunciations or {})
    return [word for word in found if not any(word in other for other in mixed)]


def _odd_letters(word: str, odd: str) -> str:
    """«буква «e» латинская (3-я)», «латинские буквы «C» (1-я), «a» (3-я)»."""
    places = [(at, letter) for at, letter in enumerate(word, 1) if letter in odd]
    if len(places) == 1:
        at, letter = places[0]
        return f"буква «{letter}» {'латинская' if odd.isascii() else 'русская'} ({at}-я)"
    told = [f"«{letter}» ({at}-я)" for at, letter in places]
    more = f" и ещё {len(told) - _SHOWN}" if len(told) > _SHOWN else ""
    return f"{'латинские' if odd.isascii() else 'русские'} буквы {', '.join(told[:_SHOWN])}{more}"


def _in_dictionary(s: Subject, word: str) -> bool:
    return word.lower() in {known.lower() for known in s.pronunciations or ()}


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(f"«{word[:40]}»" for word in words[:_SHOWN])
    return f"{shown} и ещё {len(words) - _SHOWN}" if len(words) > _SHOWN else shown
