"""How long a silence ends an utterance, once its words are known: the policy of turn taking. Pure.

The silences are true ones (the detector's tail is seen through, see speech.nearness), in ms. The voices of the city
pause for 260 ms at a comma, people for 200–300: what may still be turned («да», «нет») waits longer than that.
"""

from __future__ import annotations

from voicebot.dialogue.call import Call, Phase
from voicebot.dialogue.intents import Intent, Meaning
from voicebot.dialogue.reactions import APART, SURE
from voicebot.dialogue.scenario import AskValue
from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.fusion import EarScores
from voicebot.hearing.rules import EARLY
from voicebot.language.unfinished import bare, unfinished
from voicebot.language.words import split

COMPLETE_MS = 240  # «нет, не смогу»: in practice, when its words are written down
GREETING_MS = 200  # «алло»: in practice, when its words are written down
FORMAL_MS = 420  # «здравствуйте»: receptions and answering machines go on, and a machine is told nothing
NAME_MS = 300  # «да» to «Это Анна?»: what may follow is put right before anything is told
WORD_MS = 350  # any other word alone: «повторите… пожалуйста»; «да… нет» must not confirm a visit
NO_MS = 420  # «нет» is often followed by what is meant: «нет… приду»
VALUE_MS = 500  # numbers and dates come in pieces: «двадцать… пятого»
VAGUE_MS = 500  # not understood, or meaning two things: the rest may tell
OPEN_MS = 650  # «да, но…»: nobody ends a sentence so

#: Often followed by a day or an hour, which is then asked for if it has not come.
_WANTS_TIME = frozenset({Intent.CALLBACK_LATER, Intent.BUSY_NOW, Intent.CHANGE})
_FORMAL = frozenset({"здравствуйте", "здравствуй", "добрый", "доброе", "день", "вечер", "утро"})
_NODS = frozenset({Intent.BACKCHANNEL, Intent.THANKS})


def patience_ms(meaning: Meaning, call: Call, ear: EarScores | None = None) -> int:
    """How long to wait for more, counted from the end of the voice. meaning: of what was said so far, with the ear's
    scores for it. A «нет» that the ear hears too, as a whole, is accepted early (EAR.md); a yes never is."""
    wait_ms = _by_words(meaning, call)
    if wait_ms == NO_MS and ear is not None and _surely_no(meaning, ear):
        return EARLY.no_silence_ms
    return wait_ms


def _surely_no(meaning: Meaning, ear: EarScores) -> bool:
    intent = meaning.candidates[0].intent if meaning.candidates else None
    heard = ear.get(EarClass.NO, 0.0) + ear.get(EarClass.CANCEL, 0.0)
    whole = ear.get(EarClass.INCOMPLETE, 0.0) <= EARLY.incomplete
    return intent is Intent.NO and heard >= EARLY.probability and whole


def _by_words(meaning: Meaning, call: Call) -> int:
    if not meaning.speech or not meaning.text:
        return COMPLETE_MS if call.phase is Phase.PAUSED else VAGUE_MS  # a cough must not keep the robot silent
    if unfinished(meaning.text):
        return OPEN_MS
    if call.step_id and isinstance(call.step.then, AskValue):
        return VALUE_MS
    sure = [c for c in meaning.candidates if c.score >= SURE]
    if call.phase is Phase.GREETING:
        if _FORMAL.issuperset(split(meaning.text)):
            return FORMAL_MS
        return GREETING_MS  # «да» and what may follow it: who is cut off hears the first words again
    if not sure and call.phase is Phase.PAUSED:
        return NAME_MS  # what is not understood hardly interrupts: the robot goes on soon
    if not sure or (len(sure) > 1 and sure[0].score - sure[1].score < APART):
        return VAGUE_MS
    return _answered(sure[0].intent, bool(sure[0].value), meaning.text, call)


def _answered(intent: Intent, timed: bool, text: str, call: Call) -> int:
    if call.phase is Phase.PAUSED and intent in _NODS:
        return COMPLETE_MS
    if intent is Intent.STOP:
        return COMPLETE_MS
    if bare(text):
        if intent is Intent.NO:
            return NO_MS
        return NAME_MS if intent is Intent.YES and call.step_id and call.step.identifies else WORD_MS
    if intent in _WANTS_TIME and not timed:
        return NO_MS
    return COMPLETE_MS
