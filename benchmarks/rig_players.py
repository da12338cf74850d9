"""How many players one process of the API shows characters to: frames over loopback, late ones.

The server is `talkies serve` as users run it; the players are HTTP/1.1 clients in a process of
their own (`rig_crowd`), each with one connection that is kept. A frame is late when its last byte
is there after it was to be shown. Two kinds of players:

- *naive*, the seed's own scale: each asks for every frame anew, when it is to be shown;
- *caching*, as browsers are: each asks for a drawing once, a second before it is first shown.

Server, players and whatever else runs share the cores of this machine: a stall of 42 ms anywhere
makes frames late. What a request costs the server is told in seconds of CPU, which tell more of it.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rig_crowd import DRAWINGS, Played
from rows import Row, at_least, at_most, reported

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))

from service_process import running

from talkies.jobs.ledger import Ending, locked
from talkies.jobs.records import NewJob, Status
from talkies.kit.ids import new_id
from talkies.settings import load
from talkies.studio.characters.bundle import write_bundle
from talkies.studio.characters.kinds import BUNDLE, BUNDLE_TYPE, CHARACTER_KIND
from talkies.wiring.installation import Installation, installation_of

#: The seed's own scale.
PLAYERS = 100

#: Bytes of a drawing: PNGs of 768x1152 have 257 kB on average, those of 1024x1536 450.
BYTES = 300_000

#: Players that are tried, in steps of STEP.
STEP, MOST = 10, 400

SEQUENCE = "neutral_to_speaking_ah__center"

CROWD = Path(__file__).with_name("rig_crowd.py")


def rows(*, quick: bool = False) -> Iterator[Row]:
    seconds = 3.0 if quick else 10.0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        settings = {"DATA_DIR": str(folder / "data"), "PORT": "0"}
        url = _character(folder, load({"data_dir": folder / "data"}, environ={}))
        with running("serve", "--port", "0", settings=settings) as server:
            hall = Hall(server.url + url, server.process.pid)
            for number in range(DRAWINGS):
                _seen(hall.url.replace("{file}", f"{number:03}.png"))
            yield from _rows(hall, seconds)
            held = _held(hall, 2.0 if quick else 4.0)
    yield at_least("rig.players.held", held, PLAYERS, "players")


def _rows(hall: "Hall", seconds: float) -> Iterator[Row]:
    before = hall.cpu()
    naive = hall.played(PLAYERS, seconds, "naive")
    spent = hall.cpu() - before
    caching = hall.played(PLAYERS, seconds, "caching")
    at = "rig.players.100"
    yield reported(f"{at}.naive.late", naive.late / naive.frames, "share")
    yield reported(f"{at}.naive.p99", naive.p99 * 1_000, "ms")
    yield reported(f"{at}.naive.requests per CPU second", naive.requests / spent, "")
    yield reported(f"{at}.naive.crowd's CPU for one of the server's", naive.cpu / spent)
    yield at_most(f"{at}.caching.late", caching.late, 0, "frames")
    yield reported(f"{at}.caching.p99", caching.p99 * 1_000, "ms")
    yield reported("rig.players.load of the machine", os.getloadavg()[0], "")


@dataclass(frozen=True, slots=True)
class Hall:
    """A server, and a character in it that is shown."""

    #: Of its drawings; `{file}` stands for one.
    url: str
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU that the server has taken, all its threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def played(self, players: int, seconds: float, kind: str) -> Played:
        """Let players play, in a process of their own."""
        command = [sys.executable, str(CROWD), self.url, str(players), str(seconds), kind]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        return Played(**json.loads(done.stdout))

    def holds(self, players: int, seconds: float) -> bool:
        """Whether no frame is late to any of so many naive players.

        A machine that does something else for a moment gets a second chance.
        """
        return any(not self.played(players, seconds, "naive").late for _ in range(2))


def _held(hall: Hall, seconds: float) -> int:
    """The most naive players of whom none has a late frame: halving what is not known yet."""
    held, fails = 0, MOST // STEP + 1
    # The target is what matters most, and so is asked first.
    tried = PLAYERS // STEP
    while fails - held > 1:
        if hall.holds(tried * STEP, seconds):
            held = tried
        else:
            fails = tried
        tried = (held + fails) // 2
    return held * STEP


def _seen(url: str) -> None:
    """Let the server know a drawing."""
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server
        answer.read()


def _character(folder: Path, settings: object) -> str:
    """The address of frames of a new character in an installation that is not running."""
    parts = installation_of(settings)  # type: ignore[arg-type]
    parts.open()
    try:
        character_id = _made(parts, folder)
        given, _ = parts.work.characters.gallery.passes.issue(character_id)
    finally:
        parts.close()
    return f"/v1/characters/{character_id}/frames/{SEQUENCE}/{{file}}?pass={given}"


def _made(parts: Installation, folder: Path) -> str:
    """A character whose drawings have the size of real ones."""
    drawings = folder / "robin" / "frames" / "sequences" / SEQUENCE
    drawings.mkdir(parents=True)
    chance = random.Random(0)  # noqa: S311
    files = {f"{n:03}.png": f"sequences/{SEQUENCE}/{n:03}.png" for n in range(DRAWINGS)}
    for name in files:
        (drawings / name).write_bytes(chance.randbytes(BYTES))
    contents = {"facts": {}, "manifests": {}, "drawings": {SEQUENCE: files}}
    write_bundle(folder / "robin", folder / BUNDLE, contents)
    digest = parts.base.assets.keep(folder / BUNDLE, content_type=BUNDLE_TYPE)
    jobs, new = (
        parts.work.jobs,
        NewJob(id=new_id("chr"), kind=CHARACTER_KIND, request={"name": "Robin"}),
    )
    jobs.ledger.insert(new, jobs.kinds[CHARACTER_KIND])
    kept = {"sha256": digest, "bytes": (folder / BUNDLE).stat().st_size}
    with jobs.ledger.changing() as connection:
        ending = Ending(status=Status.SUCCEEDED, result={BUNDLE: kept})
        jobs.ledger.end(connection, locked(connection, new.id), ending)
    return new.id


if __name__ == "__main__":
    for row in rows(quick=bool(os.environ.get("QUICK"))):
        print(row)
