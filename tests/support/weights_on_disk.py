"""Weights that a test put into a folder, written down as if they had been pulled."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from talkies.kit.files import sha256_of
from talkies.weights.manifest import Manifest, PulledSource, WeightFile, write_manifest
from talkies.weights.sources import WeightSource


def note_weights(folder: Path, sources: Iterable[WeightSource]) -> Manifest:
    """Write the manifest of the files that lie in the folder, for these sources; returns it."""
    manifest = Manifest()
    for source in sources:
        paths = _files(folder, source)
        manifest = manifest.with_source(
            PulledSource(
                fingerprint=source.fingerprint,
                name=source.name,
                revision=source.revision if source.repository else "",
                commit="c0ffee" if source.repository else "",
                files=paths,
            )
        )
        for path in paths:
            file = folder / path
            manifest = manifest.with_file(
                WeightFile(
                    path=path,
                    bytes=file.stat().st_size,
                    sha256=sha256_of(file),
                    origin="https://hub.example",
                    variants=source.variants,
                )
            )
    write_manifest(folder, manifest)
    return manifest


def _files(folder: Path, source: WeightSource) -> tuple[str, ...]:
    if source.url:
        return (source.to,)
    top = folder / source.to
    names = sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_file())
    fitting = [name for name in names if any(fnmatchcase(name, one) for one in source.include)]
    return tuple(f"{source.to}/{name}" if source.to else name for name in fitting)
