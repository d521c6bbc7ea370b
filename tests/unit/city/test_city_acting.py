from voicebot.city.acting import Act, Acting, Kind, Leave, Press, Say
from voicebot.city.ear import PhraseEnded, PhraseStarted
from voicebot.city.people import HangUp, Interruption, Talk, Utterance, Voicemail


class Rehearsal:
    """Plays a far side against Acting on a ruler of 20 ms; own words last 500 ms."""

    def __init__(self, talk: Talk) -> None:
        self.acting = Acting(talk)
        self.acting.answered(0)
        self.did: list[tuple[int, Act]] = []
        self.phrases = 0

    def run(self, until_ms: int, phrases: list[tuple[int, int]], administrator_at: int | None = None) -> None:
        saying_until = None
        starts = dict(phrases)
        ends = {end + 700: (start, end) for start, end in phrases}
        for now in range(0, until_ms, 20):
            if now == administrator_at:
                self.acting.administrator_heard()
            if now in starts:
                self.phrases += 1
                self.acting.phrase_started(PhraseStarted(self.phrases, now))
            if now in ends:
                self.acting.phrase_ended(PhraseEnded(self.phrases, *ends[now]))
            if saying_until is not None and now >= saying_until:
                saying_until = None
                self.acting.said(now)
            act = self.acting.due(now)
            if act is not None:
                self.did.append((now, act))
            if isinstance(act, Say):
                saying_until = now + 500
            if isinstance(act, Leave):
                return


def rehearse(talk: Talk, until_ms: int, *phrases: tuple[int, int], **more: int) -> list[tuple[int, Act]]:
    rehearsal = Rehearsal(talk)
    rehearsal.run(until_ms, list(phrases), **more)
    return rehearsal.did


def lines(*texts: str) -> tuple[Utterance, ...]:
    return tuple(Utterance(text) for text in texts)


def test_greets_then_answers_each_phrase_in_order() -> None:
    talk = Talk(greeting="алло", lines=lines("да", "приду"), again=False)
    assert rehearse(talk, 12000, (1000, 3000), (5000, 7000)) == [
        (300, Say("алло", Kind.GREETING)),
        (3700, Say("да", Kind.LINE)),
        (7700, Say("приду", Kind.LINE)),
    ]


def test_thinks_before_it_answers() -> None:
    talk = Talk(lines=(Utterance("да", after_ms=600),))
    assert rehearse(talk, 4500, (1000, 3000)) == [(4300, Say("да", Kind.LINE))]


def test_a_greeting_that_falls_into_the_robots_first_phrase_does_not_answer_it() -> None:
    talk = Talk(greeting="алло", greeting_after_ms=1200, lines=lines("да"), again=False)
    assert [a for _, a in rehearse(talk, 6000, (1000, 3000))] == [Say("алло", Kind.GREETING), Say("да", Kind.LINE)]


def test_repeats_itself_when_it_is_waited_for_but_not_without_end() -> None:
    talk = Talk(lines=lines("да"))
    did = rehearse(talk, 40_000, (1000, 2000), (4000, 5000), (10_000, 11_000), (16_000, 17_000), (22_000, 23_000))
    assert did[0] == (2700, Say("да", Kind.LINE))
    assert did[1:] == [(at, Say("да", Kind.AGAIN)) for at in (7000, 13_000, 19_000)]


def test_does_not_repeat_itself_while_the_robot_has_said_nothing_new() -> None:
    assert len(rehearse(Talk(lines=lines("да")), 30_000, (1000, 2000))) == 1


def test_does_not_repeat_itself_into_a_farewell() -> None:
    assert len(rehearse(Talk(lines=lines("да")), 6900, (1000, 2000), (4000, 5000))) == 1


def test_a_silence_lets_a_phrase_pass_and_keys_are_pressed() -> None:
    talk = Talk(lines=(Utterance(), Utterance(keys="12")), again=False)
    assert rehearse(talk, 12_000, (1000, 3000), (5000, 7000)) == [(7700, Press("12"))]


def test_interrupts_and_does_not_answer_the_same_phrase_again() -> None:
    talk = Talk(lines=lines("да"), interruptions=(Interruption(2, 2500, "приду"),), again=False)
    assert rehearse(talk, 20_000, (1000, 3000), (5000, 8000), (12_000, 13_000)) == [
        (3700, Say("да", Kind.LINE)),
        (7500, Say("приду", Kind.INTERRUPTION)),
    ]


def test_says_again_what_it_interrupted_with() -> None:
    talk = Talk(interruptions=(Interruption(1, 1000, "приду"),))
    assert rehearse(talk, 20_000, (1000, 3000), (4000, 6000)) == [
        (2000, Say("приду", Kind.INTERRUPTION)),
        (8000, Say("приду", Kind.AGAIN)),
    ]


def test_talks_with_the_administrator_once_the_voice_was_heard() -> None:
    talk = Talk(lines=lines("да", "нет", "никогда"), to_administrator=lines("здравствуйте"))
    did = rehearse(talk, 20_000, (1000, 2000), (4000, 5000), (9000, 11_000), administrator_at=10_000)
    assert did[-1] == (11_700, Say("здравствуйте", Kind.TO_ADMINISTRATOR))
    assert Say("никогда", Kind.LINE) not in [a for _, a in did]


def test_answers_the_administrator_although_it_spoke_into_the_music_before() -> None:
    talk = Talk(lines=lines("нет"), to_administrator=lines("здравствуйте"))
    did = rehearse(talk, 20_000, (1000, 2000), (3000, 9000), administrator_at=8000)
    assert did == [(2700, Say("нет", Kind.LINE)), (9700, Say("здравствуйте", Kind.TO_ADMINISTRATOR))]


def test_hangs_up_after_a_phrase() -> None:
    assert rehearse(Talk(hang_up=HangUp(phrase=2)), 20_000, (1000, 2000), (4000, 5000)) == [(5700, Leave("own"))]


def test_hangs_up_in_the_middle_of_a_phrase() -> None:
    talk = Talk(hang_up=HangUp(phrase=2, at_ms=1500))
    assert rehearse(talk, 20_000, (1000, 2000), (4000, 8000)) == [(5500, Leave("own"))]


def test_hangs_up_a_while_after_its_last_line() -> None:
    talk = Talk(lines=lines("да"), hang_up=HangUp(after_lines_ms=2000))
    assert rehearse(talk, 20_000, (1000, 2000)) == [(2700, Say("да", Kind.LINE)), (5200, Leave("own"))]


def test_hangs_up_after_a_time_and_at_the_latest() -> None:
    assert rehearse(Talk(hang_up=HangUp(at_ms=3000)), 20_000) == [(3000, Leave("own"))]
    assert rehearse(Talk(longest_ms=4000), 20_000) == [(4000, Leave("longest"))]


def test_an_answering_machine_speaks_beeps_records_and_hangs_up() -> None:
    talk = Talk(voicemail=Voicemail("нас нет", record_ms=5000))
    assert rehearse(talk, 20_000, (2000, 3000)) == [(300, Say("нас нет", Kind.VOICEMAIL)), (5800, Leave("recorded"))]


def test_what_was_broken_off_is_not_answered() -> None:
    talk = Talk(greeting="алло", lines=lines("да"), again=False)
    assert rehearse(talk, 6000, (700, 900), (2000, 4000)) == [
        (300, Say("алло", Kind.GREETING)),
        (4700, Say("да", Kind.LINE)),
    ]
