"""A video that can be played while it is made: the packets of an encoder in a fragmented MP4."""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import av.error
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

if TYPE_CHECKING:
    from av.packet import Packet

#: An index at once, without samples; fragments that stand for themselves (ISO/IEC 14496-12, movie
#: fragments). An edit list could not be written so early, so picture and sound both begin as much
#: later as the encoder reorders its frames: 80 ms of H.264 at 25 fps. They stay together.
MUXER_OPTIONS: Final = {
    "movflags": "+frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": "500000",
    "flush_packets": "1",
}


class FragmentedCopy:
    """Takes the packets of another file's streams, and writes them into one that can be played.

    Each fragment holds half a second. Nothing is encoded again.
    """

    def __init__(self, path: Path, streams: Iterable[VideoStream | AudioStream]) -> None:
        """Write the index to `path`. The file of the streams has to have its header already."""
        self._container = av.open(str(path), "w", format="mp4", options=dict(MUXER_OPTIONS))
        self._streams = {
            stream.index: self._container.add_stream_from_template(stream) for stream in streams
        }
        self._container.start_encoding()

    def mux(self, packet: "Packet[Any]") -> None:
        """Take a packet that was just written elsewhere; it belongs to this file afterwards."""
        packet.stream = self._streams[packet.stream.index]
        self._container.mux(packet)

    def finish(self) -> None:
        """Write what is held back."""
        self._container.close()

    def close(self) -> None:
        """Let go of the file, whatever state it is in."""
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._container.close()
