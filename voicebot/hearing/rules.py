"""The thresholds of fusion and of early acceptance, in one place, each with its reason.

Chosen on tuning data made by tests/bench/tune_hearing.py, never on recordings that judge; docs/figures/hearing.md
has the figures. Text scores are those of voicebot.language (the machine acts from 0.5), ear scores probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FusionRules:
    """How text and ear make one meaning."""

    act: float = 0.5  # dialogue.reactions.SURE: from here on a meaning is acted upon
    # stop: a «не звоните» that is missed is worse than one that is asked after
    # (EAR.md has 0.8; with two heads 0.9 cost less: at 0.8 one recording in a hundred was a stop that nobody said)
    ear_stop: float = 0.9
    ear_stop_against: float = 0.97  # where the text surely says something else: «вы не по адресу звоните»
    # a stop of the text that hangs on a word or on likeness, and of which the ear hears nothing at all, is none:
    # «конференция заблокирована»
    stop_weak: float = 0.8
    stop_unheard: float = 0.05
    # agreement: the ear names the same meaning as the text; its other guesses may then be anything
    agree: float = 0.4
    # the ear alone, where the text says nothing
    ear_lone: float = 0.95
    ear_lone_yes: float = 0.97  # a wrong "confirmed" is far worse than a question
    # ... where the recogniser wrote nothing, or doubts what it wrote; not for a yes, a no or a stop
    text_doubted: float = 0.4
    ear_lone_doubted: float = 0.7
    # ... where the text hints at the same, though not surely enough to be acted upon
    ear_hinted: float = 0.6
    ear_hinted_yes: float = 0.8
    # ... where the text sounds like a usual answer of the same meaning, though its words are others
    alike: float = 0.6
    ear_alike: float = 0.6
    ear_alike_yes: float = 0.8
    # ... unless the text, without such a hint, is surely about something else: this sure of this many words
    offtopic_confidence: float = 0.7
    offtopic_words: int = 3
    # the text alone, where the ear says nothing of it
    ear_contradicts: float = 0.5  # another meaning, this probable, makes the answer one of two: asked again
    ear_contradicts_sure: float = 0.9  # ... where the recogniser is sure of its text, and it is no yes
    sure_confidence: float = 0.6  # from which a recogniser is sure: half of what it writes right is above
    ear_rejects: float = 0.8  # no answer at all, this probable: a yes is asked again
    text_yes_confidence: float = 0.5  # below, a yes that the ear does not hear is asked again
    # below, any other meaning that the ear does not hear is asked again
    text_confidence: float = 0.6
    text_weak: float = 0.86  # a meaning that hangs on a word or two of the text, or on likeness alone ...
    ear_unheard: float = 0.3  # ... and of which the ear hears little, is asked again: «когда такси въедет в аллею»
    # numbers, where one is asked for: of the product of text's and ear's probabilities
    number: float = 0.85
    number_floor: float = 0.02  # what a number keeps when one of the two does not hear it at all
    number_fit: float = 0.1  # beside the free text: a number that fits worse is not what was said, unless ...
    number_ear: float = 0.4  # ... the ear hears it this surely
    number_ear_lone: float = 0.9  # ... or this surely, whatever was written
    non_speech: float = 0.9  # the ear hears no speech, and the text says nothing: nothing was said


@dataclass(frozen=True, slots=True)
class EarlyRules:
    """When the ear shortens the wait for more: a lone «нет» that it hears as a whole (calls.patience)."""

    probability: float = 0.9
    incomplete: float = 0.15  # the phrase seems to go on: wait
    no_silence_ms: int = 300  # «нет, приду»: a no waits for this much silence (EAR.md)


RULES = FusionRules()
EARLY = EarlyRules()
