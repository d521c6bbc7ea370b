"""The demo's verdict and report: what makes it good, what does not, and that every call can be found in it."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser

import pytest
from rich.console import Console

from voicebot.city.journal import CallLog, Entry, Header, What
from voicebot.city.people import Role
from voicebot.demo.report import MEASURES, judge, print_report, summary, write_html
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.store.port import CallRow

FAMILY, SINGLE = "+78880000101", "+78880000102"


def printed(result) -> str:
    out = io.StringIO()
    print_report(result, judge(result), Console(file=out, width=200))
    return out.getvalue()


def test_all_understood_and_written_is_good(finished) -> None:
    verdict = judge(finished())
    assert (verdict.good, verdict.problems, verdict.misunderstood) == (True, (), ())
    assert "Книги сходятся." in printed(finished())


def test_two_misunderstandings_are_forgiven_and_listed_three_are_not(finished) -> None:
    one = finished((Outcome.UNCLEAR, Outcome.DECLINED, Outcome.UNREACHED),
                   answers=[Answer.UNKNOWN, Answer.DECLINED, Answer.UNCONFIRMED])  # fmt: skip
    assert judge(one).good
    assert f"Не понято: {FAMILY}: подтвердил → не понят" in printed(one)
    three = finished(
        (Outcome.UNCLEAR, Outcome.UNCLEAR, Outcome.OPTED_OUT),
        answers=[Answer.UNKNOWN, Answer.UNKNOWN, Answer.UNKNOWN],
    )
    assert not judge(three).good
    assert "Не понято ответов: 3, допустимо 2." in printed(three)
    assert "Книги НЕ сходятся." in printed(three)


def test_a_machine_that_stood_still_is_named_where_something_was_not_understood(finished) -> None:
    def stood(city: list[CallLog], outcome: Outcome, answer: Answer) -> str:
        return printed(finished((outcome, Outcome.DECLINED, Outcome.UNREACHED), city=city,
                                answers=[answer, Answer.DECLINED, Answer.UNCONFIRMED]))  # fmt: skip

    header = Header(FAMILY, 1, Role.PATIENT, finished().calls[0][0].started_at)
    log = CallLog(header, (Entry(What.STANDSTILL, 500, 2300), Entry(What.STANDSTILL, 4000, 4200)))
    torn = stood([log], Outcome.UNCLEAR, Answer.UNKNOWN)
    assert "Машина замирала во время разговоров (раз: 2), дольше всего на 1800 мс" in torn
    assert "замирала" not in stood([], Outcome.UNCLEAR, Answer.UNKNOWN)
    assert "замирала" not in stood([log], Outcome.CONFIRMED, Answer.CONFIRMED)
    assert summary(finished(city=[log]), judge(finished()))["standstills_ms"] == [1800, 200]


def test_one_false_confirmation_is_never_good(finished) -> None:
    result = finished((Outcome.CONFIRMED, Outcome.CONFIRMED, Outcome.UNREACHED),
                      answers=[Answer.CONFIRMED, Answer.CONFIRMED, Answer.UNCONFIRMED])  # fmt: skip
    verdict = judge(result)
    assert not verdict.good
    assert verdict.problems == (f"Ложное подтверждение: визит v2, {FAMILY}.",)


def test_a_confirmation_of_somebody_who_was_not_to_be_called_is_false(finished) -> None:
    verdict = judge(finished(meant={FAMILY: (Outcome.CONFIRMED,), SINGLE: (Outcome.UNREACHED,)}))
    assert [j.meant for j in verdict.misunderstood] == [None]
    assert verdict.good, "a decline nobody asked for is wrong, but no false confirmation"
    assert "звонить не нужно" in printed(finished(meant={SINGLE: (Outcome.UNREACHED,)}))


def test_the_books_are_part_of_the_verdict(finished) -> None:
    verdict = judge(finished(answers=[Answer.UNKNOWN, Answer.DECLINED, Answer.UNCONFIRMED]))
    assert not verdict.good
    assert "в МИС «неизвестно», а понято «подтвердил»" in verdict.problems[0]


def test_no_answer_is_no_misunderstanding_of_another_no_answer(finished) -> None:
    result = finished((Outcome.CONFIRMED, Outcome.DECLINED, Outcome.HUNG_UP),
                      answers=[Answer.CONFIRMED, Answer.DECLINED, Answer.UNKNOWN])  # fmt: skip
    assert judge(result).misunderstood == ()


class Seen(HTMLParser):
    """The text, links and tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag, attributes) -> None:
        self.tags.append(tag)
        self.sources += [value for name, value in attributes if name == "src"]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def seen(result) -> Seen:
    page = Seen()
    page.feed(write_html(result, judge(result)).read_text("utf-8"))
    return page


def test_the_page_shows_everything_and_nothing_of_it_becomes_markup(finished) -> None:
    page = seen(finished())
    text = "".join(page.text)
    for words in ("Иванова Анна", "Петров <b> Пётр", "Это Анна?", "Спасибо <3", "Ждём вас <завтра>", "не отвечает",
                  "voicebot why p9", "позвонили <ему>"):  # fmt: skip
        assert words in text
    assert "b" not in page.tags
    assert page.sources == ["city/run/calls/1.wav"]


def test_the_nth_call_to_a_phone_has_the_nth_recording(finished, tmp_path) -> None:
    def row(call_id: str, disposition: Disposition) -> tuple[CallRow, list[object]]:
        return CallRow(call_id, call_id, FAMILY, "s", "1", finished().calls[0][0].started_at,
                       disposition=disposition), []  # fmt: skip

    def log(nth: int) -> CallLog:
        header = Header(FAMILY, nth, Role.PATIENT, finished().calls[0][0].started_at)
        return CallLog(header, (Entry(What.RECORDED, 0, detail=f"{nth}.wav"),))

    both = [row("a1", Disposition.BUSY), row("a2", Disposition.ANSWERED)]
    assert seen(finished(calls=both, city=[log(1), log(2)])).sources == [f"city/run/calls/{n}.wav" for n in (1, 2)]
    failed = [row("a1", Disposition.FAILED), row("a2", Disposition.ANSWERED)]
    page = write_html(result := finished(calls=failed, city=[log(1)]), judge(result)).read_text("utf-8")
    assert page.index("сбой у нас") < page.index("ответили") < page.index("1.wav")
    assert seen(finished(calls=both, city=[CallLog(log(1).header, (Entry(What.RECORDED, 0, detail="gone.wav"),))])
                ).sources == []  # fmt: skip


def test_the_summary_is_json(finished) -> None:
    result = finished()
    said = json.loads(json.dumps(summary(result, judge(result))))
    assert said["good"] is True
    assert [v["answer"] for v in said["visits"]] == ["confirmed", "declined", "unconfirmed"]
    assert (said["calls"], said["took_s"]) == (2, 61.2)
    assert said["why"] == ["23.11.2026 10:00  позвонили <ему>: занято"]


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_is_explained_by_from_and_to(measure) -> None:
    assert "→" in MEASURES[measure]
