"""What may not stand in the tree."""

import hashlib
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
BANNED_PACKAGES = ("torch", "scipy", "tensorflow", "jax", "mediapipe", "onnxruntime-gpu", "moviepy")


def locked(name: str) -> set[str]:
    text = (ROOT / f"requirements/{name}.lock").read_text()
    return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))


def test_the_default_install_stays_small() -> None:
    packages = locked("core")
    assert len(packages) > 10
    assert packages.isdisjoint(BANNED_PACKAGES)


def test_no_lock_brings_torch() -> None:
    assert "torch" not in locked("dev")


def test_every_locked_package_has_a_hash() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert text.count("==") > 10
        packages = [block for block in re.split(r"\n(?=[a-z])", text) if "==" in block]
        assert all("--hash=sha256:" in block for block in packages)


def test_locks_name_no_host() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        assert "://" not in lock.read_text()


def test_no_file_is_heavy() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [ROOT / line for line in listed.stdout.splitlines()]
    assert len(files) > 50
    assert [f.name for f in files if f.exists() and f.stat().st_size > 2_500_000] == []


def test_the_sample_portrait_is_what_its_script_draws() -> None:
    """The picture that ships and the picture in the fixtures are one."""
    digests = {
        hashlib.sha256((ROOT / place).read_bytes()).hexdigest()
        for place in ("examples/portrait.png", "tests/fixtures/portrait.png")
    }
    assert len(digests) == 1
