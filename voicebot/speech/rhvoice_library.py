"""libRHVoice as ctypes sees it: its structures (RHVoice.h of 1.8) and how the library is found and loaded."""

from __future__ import annotations

import ctypes as c
import ctypes.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from voicebot.speech.port import ModelMissing

_SET_RATE = c.CFUNCTYPE(c.c_int, c.c_int, c.c_void_p)
_PLAY = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_uint, c.c_void_p)
_ON_NAME = c.CFUNCTYPE(c.c_int, c.c_char_p, c.c_void_p)
_ON_SPAN = c.CFUNCTYPE(c.c_int, c.c_uint, c.c_uint, c.c_void_p)
_ON_DONE = c.CFUNCTYPE(None, c.c_void_p)

# in the order in which they need one another; only the last is asked for
_LIBRARIES = ("libsonic.so.0", "libRHVoice_core.so.7", "libRHVoice.so.5")


class Callbacks(c.Structure):
    _fields_: ClassVar[Any] = [
        ("set_sample_rate", _SET_RATE), ("play_speech", _PLAY), ("process_mark", _ON_NAME),
        ("word_starts", _ON_SPAN), ("word_ends", _ON_SPAN), ("sentence_starts", _ON_SPAN), ("sentence_ends", _ON_SPAN),
        ("play_audio", _ON_NAME), ("done", _ON_DONE),
    ]  # fmt: skip


class InitParams(c.Structure):
    _fields_: ClassVar[Any] = [
        ("data_path", c.c_char_p), ("config_path", c.c_char_p), ("resource_paths", c.POINTER(c.c_char_p)),
        ("callbacks", Callbacks), ("options", c.c_uint),
    ]  # fmt: skip


class VoiceInfo(c.Structure):
    _fields_: ClassVar[Any] = [
        ("language", c.c_char_p), ("name", c.c_char_p), ("gender", c.c_int), ("country", c.c_char_p),
    ]  # fmt: skip


class SynthParams(c.Structure):
    _fields_: ClassVar[Any] = [
        ("voice_profile", c.c_char_p),
        ("absolute_rate", c.c_double), ("absolute_pitch", c.c_double), ("absolute_volume", c.c_double),
        ("relative_rate", c.c_double), ("relative_pitch", c.c_double), ("relative_volume", c.c_double),
        ("punctuation_mode", c.c_int), ("punctuation_list", c.c_char_p), ("capitals_mode", c.c_int), ("flags", c.c_int),
    ]  # fmt: skip


def make_callbacks(on_rate: Callable[[int], None], on_pcm: Callable[[bytes], None]) -> Callbacks:
    """Callbacks for an engine. The caller keeps the result alive as long as the engine lives."""

    def set_rate(hz: int, _user: object) -> int:
        on_rate(hz)
        return 1

    def play(samples: Any, count: int, _user: object) -> int:
        on_pcm(c.string_at(samples, count * 2))
        return 1  # 0 would cancel

    return Callbacks(
        _SET_RATE(set_rate), _PLAY(play), _ON_NAME(lambda *_: 1),
        _ON_SPAN(lambda *_: 1), _ON_SPAN(lambda *_: 1), _ON_SPAN(lambda *_: 1), _ON_SPAN(lambda *_: 1),
        _ON_NAME(lambda *_: 1), _ON_DONE(lambda *_: None),
    )  # fmt: skip


def library(folder: Path | None) -> c.CDLL:
    """libRHVoice of an unpacked prefix, or of the system when folder is None. Raises ModelMissing."""
    try:
        lib = _from_prefix(folder) if folder is not None else _from_system()
    except OSError as error:
        raise ModelMissing(
            f"Библиотека RHVoice не загружается: {error}.",
            "Выполните `make setup`: оно скачает RHVoice и её зависимости.",
        ) from error
    lib.RHVoice_get_version.restype = c.c_char_p
    lib.RHVoice_new_tts_engine.restype = c.c_void_p
    lib.RHVoice_new_tts_engine.argtypes = [c.POINTER(InitParams)]
    lib.RHVoice_delete_tts_engine.argtypes = [c.c_void_p]
    lib.RHVoice_delete_tts_engine.restype = None
    lib.RHVoice_get_number_of_voices.argtypes = [c.c_void_p]
    lib.RHVoice_get_voices.argtypes = [c.c_void_p]
    lib.RHVoice_get_voices.restype = c.POINTER(VoiceInfo)
    lib.RHVoice_new_message.restype = c.c_void_p
    lib.RHVoice_new_message.argtypes = [c.c_void_p, c.c_char_p, c.c_uint, c.c_int, c.POINTER(SynthParams), c.c_void_p]
    lib.RHVoice_speak.argtypes = [c.c_void_p]
    lib.RHVoice_delete_message.argtypes = [c.c_void_p]
    lib.RHVoice_delete_message.restype = None
    return lib


def _from_prefix(folder: Path) -> c.CDLL:
    found = sorted((folder / "usr/lib").glob(f"*/{_LIBRARIES[-1]}"))
    if not found:
        raise ModelMissing(
            f"Библиотеки RHVoice нет в {folder / 'usr/lib'}.",
            "Выполните `make setup`: оно скачает RHVoice в .local/rhvoice.",
        )
    for needed in _LIBRARIES[:-1]:
        path = found[0].parent / needed
        if path.exists():  # else the system's own is taken
            c.CDLL(str(path), mode=c.RTLD_GLOBAL)
    return c.CDLL(str(found[0]))


def _from_system() -> c.CDLL:
    return c.CDLL(ctypes.util.find_library("RHVoice") or _LIBRARIES[-1])
