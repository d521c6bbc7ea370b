"""`voicebot spoken` and `voicebot speak` as an admin runs them."""

from __future__ import annotations

import json
import wave

import pytest
import typer
from typer.testing import CliRunner

from voicebot.commands.speaking_commands import register
from voicebot.errors import InputFault

RUNNER = CliRunner()
APP = typer.Typer()
register(APP)


class Loud:
    """A synthesiser whose sound is as long as its text."""

    def load(self):
        return self

    def speak(self, text, voice, rate, hz):
        assert (voice, hz) == ("irina", 8000) and "девять" in text
        return b"\1\0" * 100 * len(text)

    def close(self):
        pass


def test_spoken_prints_the_words_and_what_it_had_to_guess():
    result = RUNNER.invoke(APP, ["spoken", "Ждём к {visit.specialist:кому} в 15:00. Smile", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["words"].startswith("Ждём к стоматологу Улюка\u0301евой в пятнадцать ноль ноль.")
    assert told["unknown"] == ["Smile"]


def test_spoken_by_the_clock():
    assert RUNNER.invoke(APP, ["spoken", "в 15:00", "--clock"]).stdout == "в три часа дня\n"


def test_what_cannot_be_said_is_a_warning_that_names_the_real_dictionary(tmp_path):
    (tmp_path / "v.yaml").write_text(f"paths: {{scenarios: {tmp_path}/other}}", encoding="utf-8")
    result = RUNNER.invoke(APP, ["spoken", "Smile в 25:61", "--config", str(tmp_path / "v.yaml")])
    assert result.exit_code == 0  # the words were shown, which is what was asked for
    assert result.stdout == "смиле в двадцать пять шестьдесят один\n"
    assert result.stderr.startswith("Предупреждение: ") and "«Smile», «25:61»" in result.stderr
    assert f"{tmp_path}/other/spoken.ru.yaml" in result.stderr


def test_an_unknown_fact_is_refused_with_a_suggestion():
    with pytest.raises(InputFault, match=r"Знак 3.*visit\.doctor"):
        RUNNER.invoke(APP, ["spoken", "К {visit.doctr}"], catch_exceptions=False)


def test_speak_writes_a_telephone_wav(tmp_path, monkeypatch):
    monkeypatch.setattr("voicebot.speech.choose.choose_synthesiser", lambda *_: Loud())
    file = tmp_path / "x.wav"
    result = RUNNER.invoke(APP, ["speak", "в 9 часов", "--out", str(file), "--voice", "irina"])
    assert result.exit_code == 0, result.output
    with wave.open(str(file)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert sound.getnframes() == 100 * len("в девять часов")
