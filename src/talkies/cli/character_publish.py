"""What `talkies character publish` does."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from talkies.cli.buckets import S3Service
from talkies.cli.counting import counting
from talkies.cli.streams import painted, say, say_event, tell
from talkies.errors import Canceled
from talkies.rigs.tree.notes import named
from talkies.rigs.tree.opening import open_character

if TYPE_CHECKING:
    from talkies.studio.characters.publish import Published

SENDING: Final = "publish"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is sent, as the options say it."""

    prefix: str
    dry_run: bool
    upload_config: bool
    skip_sequences: bool
    skip_endpoints: bool


def publish_character(
    folder: Path, bucket: str, service: S3Service, chosen: Chosen, *, as_json: bool, quiet: bool
) -> None:
    """Send what is not there, and say what it was; a dry run says each key.

    Raises what `publish` raises, and `Canceled` after Ctrl-C: what was sent stays.
    """
    character = open_character(folder)
    began = time.monotonic()
    with (
        service.open(bucket) as opened,
        counting({SENDING: "sending"}, as_json=as_json, quiet=quiet or chosen.dry_run) as listener,
    ):
        # Its module needs an extra, which `open` asked for.
        from talkies.studio.characters.publish import (  # noqa: PLC0415
            PublishOptions,
            publish,
        )

        options = PublishOptions(
            prefix=chosen.prefix,
            dry_run=chosen.dry_run,
            upload_config=chosen.upload_config,
            skip_sequences=chosen.skip_sequences,
            skip_endpoints=chosen.skip_endpoints,
        )
        try:
            published = publish(
                character, opened, options, lambda done, total: listener(SENDING, done, total)
            )
        except KeyboardInterrupt as stop:
            raise Canceled(
                "Stopped. What was sent so far is in the bucket.",
                hint="Run the same command again: it goes on where it stopped.",
            ) from stop
    place = f"s3://{bucket}/{published.prefix}"
    if as_json:
        _say_facts(published, place, chosen, time.monotonic() - began)
    else:
        _tell(published, place, chosen, quiet=quiet)


def _say_facts(published: "Published", place: str, chosen: Chosen, seconds: float) -> None:
    facts = {
        "place": place,
        "dry_run": chosen.dry_run,
        "sent": len(published.sent),
        "bytes": published.bytes,
        "kept": published.kept,
        "strange": list(published.strange),
        "seconds": round(seconds, 3),
    }
    if chosen.dry_run:
        facts["keys"] = list(published.sent)
    say_event("result", facts)


def _tell(published: "Published", place: str, chosen: Chosen, *, quiet: bool) -> None:
    for key in published.sent if chosen.dry_run else ():
        say(key)
    if not chosen.dry_run:
        say(place)
    if quiet:
        return
    verb = "to send" if chosen.dry_run else "sent"
    count = len(published.sent)
    tell(
        painted(
            f"{count} file{'' if count == 1 else 's'} {verb}, {published.bytes / 1e6:.1f} MB; "
            f"{published.kept} there already.",
            "dim",
        )
    )
    if published.strange:
        tell(f"No drawings of this character, left there: {named(list(published.strange))}.")
