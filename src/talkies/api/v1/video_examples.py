"""Requests for videos as the documentation shows them."""

from typing import Any, Final

VIDEO_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "form": {
        "text": {
            "summary": "A picture and a text",
            "value": {"portrait": "face.jpg", "text": "Hello there.", "resolution": "720p"},
        },
        "recording": {
            "summary": "A picture and a recording",
            "value": {"portrait": "face.jpg", "audio": "speech.wav", "captions": "off"},
        },
    },
    "json": {
        "urls": {
            "summary": "Files by URL, and a webhook",
            "value": {
                "portrait": "https://example.com/face.jpg",
                "audio": "https://example.com/speech.wav",
                "transcript": "Hello there.",
                "output": {"resolution": "720p", "captions": "sidecar"},
                "user_id": "user-17",
                "webhook_url": "https://example.com/hooks/talkies",
                "webhook_events": ["job.succeeded", "job.failed"],
                "metadata": {"order": "4711"},
            },
        },
        "asset": {
            "summary": "An asset, and a text",
            "value": {"portrait": "ast_01k9zzy0c0m5ysfcvd4cb4k4w1", "text": "Hello there."},
        },
    },
}
