"""The only module that loads espeak-ng (GPL): a process of its own that answers messages.

Run as `python -I -m talkies.speech.espeak.child`. It reads requests and writes answers in the
format of `kit.messages` until its input ends; nothing else of Talkies is loaded here.

espeak-ng keeps the state of its voice's flutter from one text to the next, with no way to reset
it. Every request is answered by a fork of the library as it was when it was loaded, so that the
same text always sounds the same; a text that crashes the library takes only its fork along.
"""

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

import espeakng_loader

from talkies.kit.messages import Header, receive, send

# Numbers of <espeak-ng/speak_lib.h>.
AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_PHONEME_EVENTS = 0x0001
INITIALIZE_PHONEME_IPA = 0x0002
INITIALIZE_DONT_EXIT = 0x8000
CHARS_UTF8 = 1
SSML = 0x10
ENDPAUSE = 0x1000
PARAMETER_RATE = 1
PARAMETER_PITCH = 3

#: Names of the events that are passed on, by their number.
EVENT_NAMES = {1: "word", 3: "mark", 5: "end", 7: "phoneme"}
EVENT_LIST_END = 0


class _EventId(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    )


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("unused", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _Library:
    """espeak-ng, its settings, and what it has said."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        # espeak-ng cuts paths of 160 bytes and more: a relative one is always short.
        os.chdir(Path(espeakng_loader.get_data_path()).parent)
        options = INITIALIZE_PHONEME_EVENTS | INITIALIZE_PHONEME_IPA | INITIALIZE_DONT_EXIT
        self.rate = self._library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, b".", options)
        if self.rate <= 0:
            raise SystemExit("espeak-ng could not be started: its data are missing")
        self._sound = bytearray()
        self._events: list[list[Any]] = []
        self._callback = _Callback(self._heard)
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, request: Header) -> tuple[Header, bytes]:
        """The sound (mono int16) and its events `[sample, kind, ...]` of one piece of text."""
        if self._library.espeak_SetVoiceByName(request["voice"].encode()) != 0:
            return {"failure": "voice"}, b""
        self._library.espeak_SetParameter(PARAMETER_RATE, request["rate"], 0)
        self._library.espeak_SetParameter(PARAMETER_PITCH, request["pitch"], 0)
        text = request["text"].encode() + b"\0"
        flags = CHARS_UTF8 | ENDPAUSE | (SSML if request["marked"] else 0)
        if self._library.espeak_Synth(text, len(text), 0, 0, 0, flags, None, None) != 0:
            return {"failure": "synthesis"}, b""
        sound = bytes(self._sound) if request["sound"] else b""
        header = {"rate": self.rate, "samples": len(self._sound) // 2, "events": self._events}
        return header, sound

    def voices(self, _request: Header) -> tuple[Header, bytes]:
        """All voices as `[name, identifier, gender, [[priority, language], ...]]`."""
        listed = self._library.espeak_ListVoices(None)
        found = []
        index = 0
        while listed[index]:
            voice = listed[index].contents
            name = voice.name.decode().strip()
            languages = _languages(voice.languages)
            found.append([name, voice.identifier.decode(), voice.gender, languages])
            index += 1
        return {"voices": found}, b""

    def _heard(self, wave: Any, count: int, events: Any) -> int:
        if count > 0:
            self._sound += ctypes.string_at(wave, 2 * count)
        index = 0
        while events[index].type != EVENT_LIST_END:
            event = events[index]
            name = EVENT_NAMES.get(event.type)
            if name is not None:
                self._events.append([event.sample, name, *_content(name, event)])
            index += 1
        return 0


def _content(name: str, event: _Event) -> list[str | int]:
    if name == "phoneme":
        return [event.id.string.decode("utf-8", "ignore")]
    if name == "mark":
        return [event.id.name.decode("utf-8", "ignore")]
    if name == "word":
        return [event.text_position, event.length]
    return []


def _languages(address: int) -> list[list[str | int]]:
    """Parse espeak's list: a priority byte and a zero-ended name each, closed by a zero byte."""
    languages: list[list[str | int]] = []
    while (priority := ctypes.string_at(address, 1)[0]) != 0:
        name = ctypes.string_at(address + 1)
        languages.append([priority, name.decode()])
        address += len(name) + 2
    return languages


def main() -> None:
    """Answer requests until the input ends."""
    library = _Library()
    answers = {"say": library.say, "voices": library.voices}
    while True:
        try:
            request, _ = receive(sys.stdin.buffer)
        except EOFError:
            return
        fork = os.fork()
        if fork == 0:
            send(sys.stdout.buffer, *answers[request["action"]](request))
            return
        _, status = os.waitpid(fork, 0)
        if status != 0:
            send(sys.stdout.buffer, {"failure": "crash"})


if __name__ == "__main__":
    main()
