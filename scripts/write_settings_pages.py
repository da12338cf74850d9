"""Write .env.example and docs/reference/settings.md from the table of settings.

python scripts/write_settings_pages.py            # writes both
python scripts/write_settings_pages.py --check    # fails when one of them is old
"""

import sys
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ByteSize

from talkies.settings.about import LATER, PREFIX, About
from talkies.settings.model import SECTIONS, Settings, about
from talkies.settings.reading import is_secret
from talkies.settings.working import MEBIBYTE

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/settings.md"
EXAMPLE = ROOT / ".env.example"
WIDTH = 78  # columns of a comment

#: The seeds, as the table names them.
SEEDS = {
    "S1 S4 S5 S6 S7 S8": "avatar-api: InfiniteTalk on RunPod with R2",
    "S9 S11 S12 S13": "the SadTalker service: its API, its worker, its launcher",
    "S14 S15 S16 S17 S18 S19": "the EchoMimic plan: RunPod with Supabase",
    "S20 S21 S22 S23 S24": "character animation: frames in S3, timelines, the Director",
}

INTRO = f"""\
# Settings

<!-- Written by scripts/write_settings_pages.py from src/talkies/settings: change it there. -->

Every setting is an environment variable. None has to be set: `talkies serve` runs without.

- A command's flag comes first, then the environment, then a file `.env` in the folder where the
  process starts, then the default. A blank value counts as none. `.env.example` lists them all.
- Variables of other services that Talkies can stand in for work too: they are the *other names*.
  Where several names of one setting are given, the first in the row is taken, and a warning names
  the others. `API_KEYS` and its other names are taken together.
- Any name may have `{PREFIX}` before it (`{PREFIX}LOG_LEVEL`), and is then taken before all others:
  for machines where the bare name means something else.
- Lists are written with commas, or as JSON. Switches take true, false, 1, 0, yes and no.
- What cannot be used stops the start, with one message that names every variable that is wrong.
  A secret's value is never shown, neither there nor in logs.

*{LATER}* marks what is read and checked, and that no part of this version looks at.
"""

MEETINGS = """\
## Where names meet

- **`S3_PREFIX`** was the folder of frames to one service, and the folder of results to another.
  With `USE_S3=true` it is that of frames; else that of results, where `STORAGE_PROVIDER` is `s3`
  or `r2`. `S3_BASE_URL` follows the same rule. `STORAGE_PREFIX` is the folder of results always.
- **`RUNPOD_API_KEY`** is our key to RunPod. Keys that clients show are `API_KEYS`, in whatever
  header they come.
- **`USE_S3`** is about frames alone. Results go to S3 with `STORAGE_PROVIDER=s3`.
- **`R2_*`** makes `r2` the storage where `STORAGE_PROVIDER` is not set.
- **`SUPABASE_ANON_KEY`** is for web pages; the server takes `SUPABASE_SERVICE_ROLE_KEY`.
- **`SADTALKER_JOB_TIMEOUT_MS`** is in milliseconds; ours are in seconds, hours or days.

## Several machines

Give all of them the same `DATABASE_URL` (Postgres), the same storage (not `local`, unless its
folder is shared), the same `SECRET_KEY`, because one signs links that another has to know, and one
`REDIS_URL`, without which each API process counts requests for itself.
"""


def page() -> str:
    parts = [INTRO, *(_section(section) for section in SECTIONS), MEETINGS, _seeds()]
    return "\n".join(parts)


def example() -> str:
    lines = [
        "# Copy to .env and set what you need: every line is a default, or blank for none.",
        "# docs/reference/settings.md explains the rules. Written by",
        "# scripts/write_settings_pages.py: change src/talkies/settings.",
    ]
    for section in SECTIONS:
        lines += ["", f"## {_title(section)}"]
        for name in section.__annotations__:
            lines += ["", *_comment(name), f"# {name.upper()}={_plain(name)}"]
    return "\n".join([*lines, ""])


def _section(section: type[BaseModel]) -> str:
    lines = [f"## {_title(section)}", ""]
    lines += ["| variable | other names | default | meaning | used by | seeds |"]
    lines += ["|---|---|---|---|---|---|"]
    lines += [_row(name, _about(name)) for name in section.__annotations__]
    return "\n".join([*lines, ""])


def _row(name: str, said: About) -> str:
    variable = f"`{name.upper()}`"
    others = ", ".join(f"`{other}`" for other in said.aliases)
    cells = (variable, others, _default(name), _meaning(name), said.used_by, said.seeds)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _meaning(name: str) -> str:
    said = _about(name)
    flag = f" Flag: `{said.flag}`." if said.flag else ""
    choices = _choices(Settings.model_fields[name].annotation)
    chosen = f" One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else ""
    secret = " *Secret.*" if is_secret(name) else ""
    return said.meaning + chosen + flag + secret


def _default(name: str) -> str:
    said = _about(name)
    if said.default is not None:
        return said.default
    plain = _plain(name)
    return f"`{plain}`" if plain else "none"


def _plain(name: str) -> str:
    """The default as it would be written into the environment."""
    value = Settings.model_fields[name].default
    match value:
        case None | ():
            return ""
        case bool():
            return str(value).lower()
        case ByteSize():
            return f"{value // MEBIBYTE}MiB"
        case tuple():
            return ",".join(value)
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _choices(annotation: Any) -> list[str]:
    """The values of a setting that has a few, as words."""
    words: list[str] = []
    for part in get_args(annotation):
        words += [part] if isinstance(part, str) else _choices(part)
    return words


def _comment(name: str) -> list[str]:
    said = _about(name)
    text = _meaning(name).replace("*Secret.*", "Secret.").replace("`", "")
    if said.default is not None:
        text += f" Default: {said.default.replace('`', '')}."
    if said.aliases:
        text += f" Also: {', '.join(said.aliases)}."
    if said.used_by == LATER:
        text += f" ({LATER[0].upper()}{LATER[1:]}.)"
    lines, line = [], "#"
    for word in text.split():
        if len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]


def _seeds() -> str:
    lines = ["## Seeds", "", "| | the service whose variables these are |", "|---|---|"]
    return "\n".join([*lines, *(f"| {ids} | {text} |" for ids, text in SEEDS.items()), ""])


def _title(section: type[BaseModel]) -> str:
    return (section.__doc__ or "").strip().removesuffix(".")


def _about(name: str) -> About:
    said = about(name)
    if said is None:
        raise SystemExit(f"{name} says nothing about itself.")
    return said


def main(arguments: list[str]) -> int:
    """Write the pages, or say whether they are as they should be."""
    wanted = {PAGE: page(), EXAMPLE: example()}
    if "--check" not in arguments:
        for path, text in wanted.items():
            path.write_text(text, encoding="utf-8")
        return 0
    old = [path for path, text in wanted.items() if _text(path) != text]
    for path in old:
        print(f"{path.relative_to(ROOT)} is old: run python {Path(__file__).name}")
    return 1 if old else 0


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
