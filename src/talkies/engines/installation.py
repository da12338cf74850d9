"""What an installation of an engine wrote down: where its parts lie and what they were made of."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from talkies.engines.home import EngineHome
from talkies.errors import Misconfigured
from talkies.kit.files import replacing

#: Version of the record's form.
SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The record of one engine, `<root>/installed/<id>.json`; moments are RFC 3339 texts.

    It is written after every step, so that one that was interrupted is told from one that ended.
    """

    engine: str
    #: Version of talkies that installed it.
    talkies: str
    begun_at: str
    #: None where the installation was begun and not ended.
    finished_at: str | None = None
    #: The variant of the weights; "" for the only one.
    variant: str = ""
    #: False where the weights were left to somebody else.
    with_weights: bool = True
    repository: str = ""
    repository_url: str = ""
    #: The whole commit that was found in it; empty where it is no checkout of git.
    revision: str = ""
    #: Whether it was there before, and is only used.
    in_place: bool = False
    #: Whether files in it differ from the commit.
    local_changes: bool = False
    environment: str = ""
    #: "3.10.13".
    python: str = ""
    #: The interpreter that the environment was made from.
    interpreter: str = ""
    requirements_sha256: str = ""
    #: Versions of the packages in the environment, by name.
    packages: dict[str, str] = field(default_factory=dict)
    weights: str = ""
    weights_bytes: int = 0
    #: How long each step took, by its name.
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        return self.finished_at is not None


def read_installation(home: EngineHome, engine_id: str) -> Installation | None:
    """The record of an engine; None where nothing was ever installed.

    Raises `Misconfigured`: there is a record that cannot be read.
    """
    path = home.record(engine_id)
    try:
        return _from_document(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(
            f"{path} cannot be read: {error}.",
            hint=f"Remove the file and run `talkies engines install {engine_id}`: what is there "
            "already is kept.",
        ) from error


def write_installation(home: EngineHome, installation: Installation) -> None:
    """Write the record, whole or not at all. Raises `OutputFailure`."""
    path = home.record(installation.engine)
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"schema": SCHEMA, **asdict(installation)}
    with replacing(path) as partial:
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _from_document(document: Any) -> Installation:
    """Raises `ValueError` and `TypeError` for what is no record."""
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ValueError(f"it is no record of schema {SCHEMA}")
    known = {one.name for one in fields(Installation)}
    return Installation(**{name: value for name, value in document.items() if name in known})
