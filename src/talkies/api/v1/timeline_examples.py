"""Requests about timelines as the documentation shows them."""

from typing import Any, Final

TIMELINE_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "form": {
        "recording": {
            "summary": "A character and a recording",
            "value": {"character": "robin", "audio": "line.wav", "transcript": "Hello there."},
        },
    },
    "json": {
        "text": {
            "summary": "A character and a text",
            "value": {"character": "robin", "text": "Hello there.", "voice": "en"},
        },
        "document": {
            "summary": "A timeline that was made before",
            "value": {
                "document": {
                    "schema": "talkies.timeline/1",
                    "id": "wave",
                    "character": "robin",
                    "fps": "25",
                    "frames": 50,
                    "tracks": {
                        "poses": [{"id": "a", "start": 5, "end": 30, "value": "nod_down_small"}]
                    },
                }
            },
        },
    },
}

EXPORT_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "form": {
        "picture": {
            "summary": "Before a picture",
            "value": {"format": "mp4", "background": "room.jpg"},
        },
    },
    "json": {
        "alpha": {
            "summary": "A transparent video",
            "value": {"format": "webm", "background": "transparent"},
        },
    },
}
