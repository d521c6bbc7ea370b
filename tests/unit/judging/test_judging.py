"""Labels of a manifest, verdicts and their tables, and sound files of every wrong kind."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from voicebot.dialogue.intents import Intent, Scored
from voicebot.judging.recordings import read_recording
from voicebot.judging.score import Result, Verdict, judge, summary
from voicebot.judging.truth import BadManifest, Kind, Truth, meant, read_manifest
from voicebot.speech.audio import AudioFault, ulaw_encode, write_wav

HEAD = "file,text,intent,voice,condition,speech_start_ms,speech_end_ms\n"


@pytest.mark.parametrize(
    ("label", "text", "right"),
    [
        ("yes", "да, приду", {Intent.YES}),
        ("wrong", "это не я", {Intent.WRONG_PERSON}),
        ("callback", "позвоните позже", {Intent.CALLBACK_LATER}),
        ("busy", "минутку", {Intent.BUSY_NOW, Intent.HOLD_ON}),
        ("who", "кто это", {Intent.WHO_IS_THIS}),
        ("no", "нет, не приду", {Intent.NO}),
        ("no", "Перенесите запись!", {Intent.CHANGE}),
        ("no", "нет, в другой день", {Intent.CHANGE}),
        ("no", "отмените, пожалуйста", {Intent.CANCEL, Intent.NO}),
        ("repeat", "во сколько", {Intent.QUESTION}),
        ("repeat", "повторите", {Intent.REPEAT}),
        ("wrong_person", "", {Intent.WRONG_PERSON}),
    ],
)
def test_labels_are_our_intents(label: str, text: str, right: set[Intent]) -> None:
    assert meant(label, text) == (Kind.ANSWER, right, "")


def test_labels_of_what_is_no_answer() -> None:
    assert meant("yes", "да, слушаю")[0] is Kind.VAGUE
    assert meant("other", "может быть")[0] is Kind.VAGUE
    assert meant("festvox", "волосы Аэлиты") == (Kind.UNRELATED, frozenset(), "")
    assert meant("silence", "")[0] is Kind.NON_SPEECH


def test_numbers_carry_their_value() -> None:
    assert meant("digits", "девять из десяти")[2] == "9"
    assert meant("number:7", "")[2] == "7"
    with pytest.raises(ValueError, match="нет числа"):
        meant("digits", "мама")


def test_a_manifest_says_where_it_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    for text, told in [
        (HEAD + "a.wav,да,yes,,,0,0\nb.wav,да,yess,,,0,0\n", "строка 3: метка «yess»"),
        ("text,intent\nда,yes\n", "нет столбца file"),
        (HEAD + "a.wav,да,yes,v,clean,0,later\n", "строка 2"),
    ]:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BadManifest, match=told):
            read_manifest(path)
    path.write_bytes((HEAD + "a.wav,да,yes,,,0,0\n").encode("cp1251"))
    with pytest.raises(BadManifest, match="UTF-8") as wrong:
        read_manifest(path)
    assert "codec" not in str(wrong.value) and "CSV UTF-8" in wrong.value.remedy
    path.write_bytes(b"\xff\xfe\x00file")
    with pytest.raises(BadManifest):
        read_manifest(path)
    for place in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadManifest, match=r"не читается: (нет такого|это папка)"):
            read_manifest(place)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a.wav,,yes,,,,inf", "столбец speech_end_ms: «inf»"),
        ("a.wav,,yes,,,,1e400", "столбец speech_end_ms: «1e400»"),
        ("a.wav,,yes,,,,abc", "столбец speech_end_ms: «abc»"),
        ("a.wav,,yes,,,,-5", "столбец speech_end_ms: «-5»"),
        ("a.wav,,yes,,,,NaN", "столбец speech_end_ms: «NaN»"),
        ("a.wav,,noise,,,x,", "столбец speech_start_ms: «x»"),
        ("a.wav,,yes,,,900,800", "столбец speech_start_ms: речь начинается в 900 мс"),
        ("a\0.wav,,yes,,,,", "столбец file.*нулевой байт"),
        (",,yes,,,,", "столбец file пуст"),
        ("a.wav,,number:abc,,,,", "метка «number:abc»"),
        ("a.wav,,number:100,,,,", "от 0 до 99"),
        ("a.wav,,number:,,,,", "от 0 до 99"),
        ("a.wav,,yes:5,,,,", "метка «yes:5»"),
    ],
)
def test_a_wrong_cell_is_told_with_row_and_column(tmp_path: Path, row: str, told: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(f"{HEAD}b.wav,,no,,,,\n{row}\n", encoding="utf-8")
    with pytest.raises(BadManifest, match=f"строка 3: .*{told}"):
        read_manifest(path)


def test_an_unknown_label_is_told_with_those_that_are_known(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(HEAD + "a.wav,,да,,,,\n", encoding="utf-8")
    with pytest.raises(BadManifest, match="метка «да»") as told:
        read_manifest(path)
    assert {"yes", "callback", "festvox", "wrong_person"} <= set(told.value.remedy.removesuffix(".").split(", "))


@pytest.mark.parametrize("text", ["", HEAD, HEAD + "\n\n"])
def test_a_manifest_of_nothing_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadManifest, match=r"ни одной строки|она пуста"):
        read_manifest(tmp_path / "m.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_excel_writes_is_read(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "m.csv"
    lines = ["File,TEXT,Intent,Voice,Condition,Speech_start_ms,Speech_end_ms", "a.wav,да,Yes,anna,Clean,100,1500.5"]
    path.write_text("\r\n".join(lines).replace(",", separator) + "\r\n", encoding="utf-8-sig")
    (row,) = read_manifest(path)
    assert (row.text, row.right, row.condition, row.speech_end_ms) == ("да", {Intent.YES}, "clean", 1500)


def test_an_unknown_separator_is_told_with_what_was_found(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("file|intent\na.wav|yes\n", encoding="utf-8")
    with pytest.raises(BadManifest, match=r"нет столбца file, intent .*file\|intent") as told:
        read_manifest(path)
    assert "точку с запятой" in told.value.remedy


def test_a_manifest_is_read_with_a_byte_order_mark_and_without_times(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("file,text,intent\na.wav,да,YES\n", encoding="utf-8-sig")
    (row,) = read_manifest(path)
    assert (row.file, row.right, row.speech_end_ms, row.voice) == (tmp_path / "a.wav", {Intent.YES}, None, "")


def truth(label: str, text: str = "", condition: str = "clean") -> Truth:
    kind, right, number = meant(label, text)
    return Truth(Path("a.wav"), text, label, kind, right, "v", condition, number, 1000)


def verdict(label: str, decided: Intent | None, text: str = "", condition: str = "clean", value: str = "") -> Verdict:
    said = truth(label, text, condition)
    scored = Scored(decided, 0.9, value) if decided else None
    return Verdict(said, scored, judge(said, scored), text, True, 300)


@pytest.mark.parametrize(
    ("label", "decided", "result"),
    [
        ("yes", Intent.YES, Result.RIGHT),
        ("yes", None, Result.ASKED_AGAIN),
        ("yes", Intent.NO, Result.WRONG),
        ("busy", Intent.HOLD_ON, Result.RIGHT),
        ("other", None, Result.RIGHT),
        ("other", Intent.HELLO, Result.RIGHT),
        ("other", Intent.YES, Result.WRONG),
        ("noise", None, Result.RIGHT),
        ("noise", Intent.REPEAT, Result.WRONG),
        ("festvox", Intent.HELLO, Result.RIGHT),
        ("festvox", Intent.NO, Result.WRONG),
    ],
)
def test_verdicts(label: str, decided: Intent | None, result: Result) -> None:
    assert verdict(label, decided).result is result


def test_a_number_must_be_the_one_that_was_said() -> None:
    assert verdict("digits", Intent.NUMBER, "семь", value="7").result is Result.RIGHT
    assert verdict("digits", Intent.NUMBER, "семь", value="8").result is Result.WRONG


def test_the_summary_counts_what_hurts() -> None:
    found = summary(
        [
            verdict("yes", Intent.YES),
            verdict("no", Intent.YES),
            verdict("stop", Intent.STOP),
            verdict("stop", None, condition="pink5"),
            verdict("festvox", Intent.YES),
            verdict("noise", None),
            verdict("no", None),
        ]
    )
    assert found["false_yes"] == {"n": 6, "found": 2, "pct": 33.33}
    assert found["false_yes_unrelated"]["found"] == 1
    assert found["stop_found_clean"]["pct"] == 100 and found["stop_found_noisy"]["pct"] == 0
    assert found["unrelated_answered"] == {"n": 1, "found": 1, "pct": 100.0}
    assert found["non_speech_answered"] == {"n": 1, "found": 0, "pct": 0.0}
    assert found["asked_again_clean"] == {"n": 4, "found": 1, "pct": 25.0}
    assert found["by_condition"]["pink5"]["asked_again_pct"] == 100
    assert found["latency_ms"]["p50"] == 300
    assert summary([])["answers"]["right_pct"] is None


# Sound files -------------------------------------------------------------------------------


def tone(ms: int, hz: int, level: float = 0.3) -> bytes:
    n = np.arange(hz * ms // 1000)
    return bytes((level * 32767 * np.sin(2 * np.pi * 300 * n / hz)).astype("<i2").tobytes())


def test_any_rate_becomes_the_line_s(tmp_path: Path) -> None:
    for hz in (8000, 16000, 44100):
        write_wav(tmp_path / "a.wav", tone(500, hz), hz)
        found = read_recording(tmp_path / "a.wav")
        assert (found.hz, found.remarks) == (hz, ()) and abs(found.ms - 500) <= 1


def test_files_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(tone(500, 16000) + b"\x01")
    found = read_recording(tmp_path / "a.raw", 16000)
    assert found.ms == 500 and "нечётное" in found.remarks[0]
    (tmp_path / "a.ulaw").write_bytes(ulaw_encode(tone(500, 8000)))
    assert read_recording(tmp_path / "a.ulaw").ms == 500
    with pytest.raises(AudioFault, match="Частота 12"):
        read_recording(tmp_path / "a.raw", 12)


def test_what_is_odd_is_told_and_heard_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(np.repeat(np.frombuffer(tone(500, 8000), "<i2"), 2).tobytes())
    assert read_recording(path).remarks == ("каналов 2: сведены в один",) and read_recording(path).ms == 500

    write_wav(path, tone(500, 8000), 8000)
    path.write_bytes(path.read_bytes()[:4044])
    assert read_recording(path).remarks == ("запись обрезана: 4000 из 8000 байт",)

    loud = np.clip(np.frombuffer(tone(500, 8000), "<i2").astype(int) * 6, -32768, 32767).astype("<i2").tobytes()
    write_wav(path, loud, 8000)
    assert "перегрузка" in read_recording(path).remarks[0]
    write_wav(path, (np.frombuffer(tone(500, 8000), "<i2") + 6000).astype("<i2").tobytes(), 8000)
    assert read_recording(path).remarks == ("постоянная составляющая +0.18",)
    write_wav(path, bytes(8000), 8000)
    assert read_recording(path).remarks == ("цифровая тишина: ни одного звука",)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.wav", b"", "не похож на WAV"),
        ("a.wav", b"RIFF\x00\x00\x00\x00WAVE", "нет описания формата"),
        ("a.wav", b"ID3 mp3 " * 100, "нет заголовка RIFF"),
        ("a.raw", b"", "пуст"),
        ("a.raw", b"RIFF" + bytes(2000), "назван как запись без заголовка"),
        ("a.wav", b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + struct.pack("<HHIIHH", 3, 1, 8000, 32000, 4, 32)
         + b"data\x04\x00\x00\x00\x00\x00\x00\x00", "float.*32 бит, а нужен PCM 16 бит"),
    ],
)  # fmt: skip
def test_what_is_no_sound_is_refused(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AudioFault, match=told) as caught:
        read_recording(path)
    assert str(path) in caught.value.message and caught.value.remedy


def test_a_file_that_is_not_there_or_is_none(tmp_path: Path) -> None:
    for name in ("a.wav", "a.raw"):
        with pytest.raises(AudioFault, match="не читается: файла нет") as told:
            read_recording(tmp_path / name)
        assert "имя и путь" in told.value.remedy
        (tmp_path / name).mkdir()
        with pytest.raises(AudioFault, match="это папка") as told:
            read_recording(tmp_path / name)
        assert "*.wav" in told.value.remedy
    with pytest.raises(AudioFault, match="не обычный файл"):
        read_recording(Path("/dev/zero"))
