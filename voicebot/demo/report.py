"""The report of the demo: on the terminal in short, in report.html with every transcript and recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

from voicebot.city.journal import CallLog, What
from voicebot.city.measuring import Measure, Summary, all_timings, summarise
from voicebot.demo.run import ZONE, DemoResult, Story
from voicebot.demo.truth import Judged
from voicebot.dialogue.outcome import Disposition
from voicebot.reports.transcript import Remark, Who, transcript
from voicebot.reports.words import ANSWERS, DISPOSITIONS, OUTCOMES

MAX_MISUNDERSTOOD = 2

MEASURES = {
    Measure.RESPONSE: "пациент договорил → робот заговорил",
    Measure.KEY: "клавиша нажата → робот заговорил",
    Measure.INTERRUPTION: "пациент перебил → робот замолчал",
    Measure.GREETING: "пациент поздоровался → первое слово робота",
}


@dataclass(frozen=True)
class Verdict:
    """Whether the demo is a success, and why not."""

    judged: tuple[Judged, ...]
    misunderstood: tuple[Judged, ...]
    problems: tuple[str, ...]

    @property
    def good(self) -> bool:
        return not self.problems and len(self.misunderstood) <= MAX_MISUNDERSTOOD


def judge(result: DemoResult) -> Verdict:
    """The books, and what was understood against what was meant."""
    judged = tuple(result.truth.judge(result.books.lines, result.patients))
    wrong = tuple(j for j in judged if not j.right)
    problems = list(result.books.problems)
    problems += [f"Ложное подтверждение: визит {j.line.visit.id}, {j.phone}." for j in wrong if j.false_confirmation]
    if len(wrong) > MAX_MISUNDERSTOOD:
        problems.append(f"Не понято ответов: {len(wrong)}, допустимо {MAX_MISUNDERSTOOD}.")
    return Verdict(judged, wrong, tuple(problems))


def standstills_ms(city: Sequence[CallLog]) -> list[int]:
    """How long this machine stood still in the middle of a call, each time for each call that was under way."""
    return [e.end_ms() - e.at_ms for log in city for e in log.all(What.STANDSTILL)]


def print_report(result: DemoResult, verdict: Verdict, console: Console) -> None:
    """The short report for the terminal."""
    table = Table(title="Визиты и их ответы в МИС", title_justify="left")
    for column in ("визит", "пациент", "телефон", "ответ в МИС", "понято", "на самом деле", ""):
        table.add_column(column, no_wrap=True)
    for cells, right in _visit_rows(result, verdict):
        table.add_row(*cells, "" if right else "не понят", style="" if right else "bold")
    console.print(table)
    _print_list(console, "Задачи людям", result.tasks)
    _print_list(console, "СМС в очереди на отправку", result.messages)
    if result.story is not None:
        _print_list(console, _why_title(result.story), result.story.lines)
    times = Table(title="Время ответа, измеренное на стороне пациента, мс", title_justify="left")
    for column in ("что", "раз", "p50", "p95", "худшее"):
        times.add_column(column)
    for s in summarise(all_timings(result.city)):
        times.add_row(MEASURES[s.measure], *(str(n) for n in (s.count, s.p50, s.p95, s.longest)))
    console.print(times)
    for wrong in verdict.misunderstood:
        console.print(f"Не понято: {wrong.phone}: {_meant(wrong)} → {_said(wrong)}", markup=False, soft_wrap=True)
    stood = standstills_ms(result.city)
    if stood and verdict.misunderstood:
        console.print(
            f"Машина замирала во время разговоров (раз: {len(stood)}), дольше всего на {max(stood)} мс: звук при этом"
            " рвётся, и ответы могут быть не поняты. Закройте другие программы и повторите.", soft_wrap=True,
        )  # fmt: skip
    for problem in verdict.problems:
        console.print(f"Не сходится: {problem}", markup=False, soft_wrap=True)
    console.print(f"Отчёт с разговорами и записями: {result.folder / 'report.html'}", soft_wrap=True)
    console.print("Книги сходятся." if verdict.good else "Книги НЕ сходятся.")


def summary(result: DemoResult, verdict: Verdict) -> dict[str, object]:
    """The report for programs."""
    return {
        "good": verdict.good,
        "problems": verdict.problems,
        "misunderstood": [{"phone": j.phone, "said": _said(j), "meant": _meant(j)} for j in verdict.misunderstood],
        "visits": [
            {"id": j.line.visit.id, "phone": j.phone, "answer": j.line.visit.answer.value, "right": j.right}
            for j in verdict.judged
        ],
        "calls": len(result.calls),
        "tasks": result.tasks,
        "messages": result.messages,
        "why": list(result.story.lines) if result.story is not None else [],
        "response_ms": {
            s.measure.value: [s.count, s.p50, s.p95, s.longest] for s in summarise(all_timings(result.city))
        },
        "standstills_ms": standstills_ms(result.city),
        "took_s": round(result.took_s, 1),
        "report": str(result.folder / "report.html"),
    }


def write_html(result: DemoResult, verdict: Verdict) -> Path:
    """report.html beside the recordings; returns its path."""
    path = result.folder / "report.html"
    path.write_text(_page(result, verdict), "utf-8")
    return path


def _print_list(console: Console, title: str, lines: Sequence[str]) -> None:
    console.print(f"\n{title}: {len(lines)}", style="bold")
    for line in lines:
        console.print(f"  • {line}", markup=False, highlight=False, soft_wrap=True)


def _visit_rows(result: DemoResult, verdict: Verdict) -> Iterator[tuple[tuple[str, ...], bool]]:
    for judged in verdict.judged:
        visit = judged.line.visit
        patient = result.patients[visit.patient_id]
        yield (
            (
                f"{visit.start.astimezone(ZONE):%d.%m %H:%M}",
                f"{patient.surname} {patient.given_name}",
                judged.phone,
                ANSWERS[visit.answer],
                _said(judged),
                _meant(judged),
            ),
            judged.right,
        )


def _said(judged: Judged) -> str:
    return OUTCOMES[judged.line.said] if judged.line.said is not None else "не звонили"


def _meant(judged: Judged) -> str:
    return OUTCOMES[judged.meant] if judged.meant is not None else "звонить не нужно"


# HTML ---------------------------------------------------------------------------------------

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 68rem; padding: 0 1rem; color: #1c2733; }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.2rem }
table { border-collapse: collapse; width: 100% } td, th { padding: .3rem .6rem; text-align: left; vertical-align: top }
tr:nth-child(even) { background: #f3f6f9 } th { border-bottom: 2px solid #c5d0da }
.good { color: #14713d } .bad { color: #a8200d; font-weight: 600 }
details { border: 1px solid #d6dee6; border-radius: .5rem; margin: .5rem 0; padding: .5rem .9rem }
summary { cursor: pointer } audio { width: 100%; margin: .5rem 0 }
.time { color: #667585; font-variant-numeric: tabular-nums; white-space: nowrap }
.bar { background: #3b82c4; height: .8rem; border-radius: .2rem; display: inline-block }
.understood { color: #667585 } .line td { color: #667585; font-style: italic }
"""


def _page(result: DemoResult, verdict: Verdict) -> str:
    state = ("good", "Книги сходятся") if verdict.good else ("bad", "Книги не сходятся")
    return "".join(
        [
            "<!doctype html><html lang=ru><meta charset=utf-8><meta name=viewport content='width=device-width'>",
            f"<title>voicebot: демонстрация</title><style>{_STYLE}</style>",
            "<h1>Утро одной клиники</h1>",
            f"<p class={state[0]}>{state[1]}. Звонков: {len(result.calls)}, за {result.took_s:.0f} с.</p>",
            *(f"<p class=bad>{escape(problem)}</p>" for problem in verdict.problems),
            "<h2>Визиты</h2>",
            _visits_html(result, verdict),
            "<h2>Время ответа на стороне пациента</h2>",
            _times_html(summarise(all_timings(result.city))),
            f"<h2>Задачи людям: {len(result.tasks)}</h2>",
            _list_html(result.tasks),
            f"<h2>СМС в очереди: {len(result.messages)}</h2>",
            _list_html(result.messages),
            *_story_html(result.story),
            "<h2>Разговоры</h2><p>Записано на стороне пациента: слева робот, справа пациент.</p>",
            *_calls_html(result),
            "</html>",
        ]
    )


def _visits_html(result: DemoResult, verdict: Verdict) -> str:
    rows = "".join(
        f"<tr class={'' if right else 'bad'}>" + "".join(f"<td>{escape(cell)}" for cell in cells)
        for cells, right in _visit_rows(result, verdict)
    )
    heads = "".join(f"<th>{h}" for h in ("Визит", "Пациент", "Телефон", "Ответ в МИС", "Понято", "На самом деле"))
    return f"<table><tr>{heads}{rows}</table>"


def _times_html(summaries: Sequence[Summary]) -> str:
    widest = max((s.p95 for s in summaries), default=1)
    rows = "".join(
        f"<tr><td>{escape(MEASURES[s.measure])}<td>{s.count}<td>{s.p50} мс<td>{s.p95} мс"
        f"<td><span class=bar style='width:{max(2, 20 * s.p50 // widest)}rem'></span>"
        for s in summaries
    )
    return f"<table><tr><th>Что<th>Раз<th>p50<th>p95<th>p50{rows}</table>"


def _list_html(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}" for line in lines) + "</ul>"


def _story_html(story: Story | None) -> Iterator[str]:
    if story is not None:
        yield f"<h2>{escape(_why_title(story))}</h2>{_list_html(story.lines)}"


def _why_title(story: Story) -> str:
    return f"Почему звонили и не звонили — voicebot why {story.patient_id} ({story.name})"


def _calls_html(result: DemoResult) -> Iterator[str]:
    recordings = _recordings(result)
    for call, events in result.calls:
        how = DISPOSITIONS[call.disposition] if call.disposition else "?"
        yield f"<details><summary>{call.started_at.astimezone(ZONE):%d.%m %H:%M} {escape(call.phone)} — {how}</summary>"
        wav = recordings.get(call.id)
        if wav is not None:
            yield f"<audio controls preload=none src='{quote(str(wav.relative_to(result.folder)))}'></audio>"
        yield f"<table>{''.join(_remark_html(r) for r in transcript(events))}</table></details>"


def _remark_html(remark: Remark) -> str:
    line = " class=line" if remark.who is Who.LINE else ""
    understood = f" <span class=understood>→ {escape(remark.understood)}</span>" if remark.understood else ""
    time = f"{remark.at_ms / 1000:.1f} с"
    return f"<tr{line}><td class=time>{time}<td>{remark.who.value}<td>{escape(remark.text)}{understood}"


def _recordings(result: DemoResult) -> dict[str, Path]:
    """Call id -> what the patient's side recorded: the n-th call that went out to a phone is the n-th it got.

    A call that failed on our side may not have gone out; it is left out where the city counts fewer calls than we do.
    """
    found: dict[str, Path] = {}
    for phone in {call.phone for call, _ in result.calls}:
        calls = [call for call, _ in result.calls if call.phone == phone]
        logs = [log for log in result.city if log.header.number == phone]
        if len(logs) < len(calls):
            calls = [call for call in calls if call.disposition is not Disposition.FAILED]
        for call, log in zip(calls, logs, strict=False):
            recorded = log.first(What.RECORDED)
            wav = next(result.folder.glob(f"city/*/calls/{recorded.detail}"), None) if recorded is not None else None
            if wav is not None:
                found[call.id] = wav
    return found
