"""The table of settings against the texts that its variables come from."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from talkies.settings.about import LATER, PREFIX
from talkies.settings.model import SECTIONS, Settings, about
from talkies.settings.reading import is_secret, load, names

ROOT = Path(__file__).parents[3]

#: Every variable that a seed's text names, by the document.
SEEDS = {
    "avatar-api": """
        API_KEY ALLOWED_ORIGINS R2_ACCOUNT_ID R2_ACCESS_KEY_ID R2_SECRET_ACCESS_KEY
        R2_BUCKET_NAME MODEL_STORAGE_PATH VIDEO_RETENTION_HOURS HF_TOKEN LOG_LEVEL
    """,
    "sadtalker-service": """
        API_KEYS API_KEY API_PUBLIC_BASE_URL SADTALKER_CHECKPOINT_DIR SADTALKER_OUTPUT_DIR
        STORAGE_PROVIDER API_LOG_LEVEL SADTALKER_VENV API_PORT UVICORN_ARGS SADTALKER_API_KEYS
        SADTALKER_REDIS_URL SADTALKER_RUNPOD_ENDPOINTS SADTALKER_WORKER_CONCURRENCY
        SADTALKER_JOB_TIMEOUT_MS SADTALKER_MAX_IMAGE_BYTES SADTALKER_MAX_AUDIO_BYTES
        SADTALKER_REMOTE_API_KEY RUNPOD_API_KEY SADTALKER_RUNPOD_API_KEY RUNPOD_ENDPOINT_IDS
        SADTALKER_RUNPOD_REFRESH_MS SADTALKER_REMOTE_CREATE_PATH SADTALKER_REMOTE_STATUS_PATH
        SADTALKER_TOKEN_QUERY
    """,
    "the SadTalker service's code": """
        API_KEY_HEADER SADTALKER_DEFAULT_SIZE SADTALKER_DEFAULT_PREPROCESS
        SADTALKER_USE_OLD_VERSION S3_BUCKET S3_PREFIX S3_REGION S3_ENDPOINT S3_BASE_URL
        SUPABASE_URL SUPABASE_KEY SUPABASE_BUCKET SUPABASE_PREFIX API_ENABLE_CORS
        API_CORS_ALLOW_ORIGINS API_HOST RUNPOD_TEMPLATE_ID RUNPOD_VOLUME_ID RUNPOD_GPU_TYPES
        RUNPOD_ALLOW_CREATE RUNPOD_POLL_INTERVAL_MS RUNPOD_START_TIMEOUT_MS
    """,
    "echomimic-backend-plan": """
        SUPABASE_URL SUPABASE_SERVICE_ROLE_KEY RUNPOD_PUBLIC_URL SUPABASE_STORAGE_BUCKET
        HUGGINGFACE_TOKEN RUNPOD_API_KEY RUNPOD_API_URL SUPABASE_ANON_KEY
        NEXT_PUBLIC_AVATAR_STREAM_BASE
    """,
    "character-animation-deployment": """
        USE_S3 S3_BUCKET S3_REGION S3_PREFIX S3_BASE_URL OPENAI_API_KEY ELEVENLABS_API_KEY
        CORS_ORIGINS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY VITE_API_BASE_URL MFA_ENV CONDA_BASE
    """,
    "the product's contract": """
        RETENTION_HOURS PUBLIC_SEED_ROUTES GIT_SHA API_KEYS
    """,
}

#: Words in a name that make its value one to be kept from sight.
SECRET_WORDS = re.compile(r"SECRET|PASSWORD|TOKEN$|_KEY$|_KEYS$|DATABASE_URL|REDIS_URL|DB_URL")

FIELDS = [name for section in SECTIONS for name in section.__annotations__]

EVERY = [
    (field, variable)
    for field in FIELDS
    if (said := about(field)) is not None
    for variable in names(field, said)
]


@pytest.mark.parametrize("document", SEEDS)
def test_every_variable_of_a_seed_is_read(document: str) -> None:
    read = {variable for _, variable in EVERY}
    assert set(SEEDS[document].split()) - read == set()


def test_every_field_says_what_it_is() -> None:
    assert set(FIELDS) == set(Settings.model_fields) - {"notices"}
    assert [name for name in FIELDS if about(name) is None] == []


def test_no_variable_is_two_settings() -> None:
    variables = [variable for _, variable in EVERY]
    assert len(variables) == len(set(variables))


def value_for(field: str) -> str:
    """A value that a setting takes, and that is not its default."""
    default = Settings.model_fields[field].default
    special = {
        "profile": "avatar-api",
        "storage_provider": "local",
        "log_level": "ERROR",
        "log_format": "json",
        "currency": "EUR",
        "allowed_fetch_schemes": "http",
        "sadtalker_default_preprocess": "crop",
        "redis_url": "redis://x",
        "database_url": "sqlite:///x",
        "supabase_db_url": "postgresql://x",
        "secret_key": "s" * 32,
        "api_enable_cors": "true",
        "retention_hours": "5",
        "legacy_wait_seconds": "5",
        "pod_contract": "sadtalker",
        "runpod_cloud": "COMMUNITY",
    }
    if field in special:
        return special[field]
    if isinstance(default, bool):
        return str(not default).lower()
    if isinstance(default, int | float):
        return str(int(default) + 1)
    return "https://example.com" if field.endswith(("_url", "endpoint")) else "something"


@pytest.mark.parametrize(("field", "variable"), EVERY)
def test_every_name_of_every_setting_is_read(field: str, variable: str) -> None:
    environ = {variable: value_for(field)}
    if field.startswith("r2_"):
        environ["STORAGE_PROVIDER"] = "local"
    if field == "s3_access_key_id":
        environ["S3_SECRET_ACCESS_KEY"] = "x"  # noqa: S105
    if field == "s3_secret_access_key":
        environ["S3_ACCESS_KEY_ID"] = "x"
    if field == "use_s3":
        environ["S3_BUCKET"] = "x"
    before, after = load(environ={}, env_file=None), load(environ=environ, env_file=None)
    assert getattr(after, field) != getattr(before, field)


@pytest.mark.parametrize("field", FIELDS)
def test_what_sounds_secret_is_kept_from_sight(field: str) -> None:
    if SECRET_WORDS.search(field.upper()) and not field.endswith("_per_key"):
        assert is_secret(field)
    if is_secret(field):
        value = getattr(load(environ={}, env_file=None), field)
        assert value in (None, ()) or isinstance(value, SecretStr)


def test_a_name_with_our_prefix_comes_before_all_others() -> None:
    environ = {"LOG_LEVEL": "ERROR", f"{PREFIX}LOG_LEVEL": "DEBUG"}
    assert load(environ=environ, env_file=None).log_level == "DEBUG"


def test_the_written_pages_are_those_of_the_table() -> None:
    script = ROOT / "scripts/write_settings_pages.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], check=False, capture_output=True, text=True
    )
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_the_example_sets_nothing_and_holds_every_variable() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
    shown = {line[2:].partition("=")[0] for line in lines if re.match(r"# [A-Z0-9_]+=", line)}
    assert shown == {name.upper() for name in FIELDS}


def test_every_line_of_the_example_can_be_uncommented(tmp_path: Path) -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    copy = tmp_path / ".env"
    copy.write_text("\n".join(re.sub(r"^# (?=[A-Z0-9_]+=)", "", line) for line in lines))
    assert load(environ={}, env_file=copy) == load(environ={}, env_file=None)


@pytest.mark.parametrize("field", FIELDS)
def test_a_setting_is_used_or_says_that_it_is_not(field: str) -> None:
    said = about(field)
    assert said is not None
    assert (said.used_by != LATER) == (field in USED)


def used_fields() -> set[str]:
    """What entries and wiring read of the settings, directly or by a property."""
    source = ROOT / "src/talkies"
    readers = [*(source / "wiring").glob("*.py"), *(source / "cli").glob("*.py")]
    readers += [source / "settings/secret_file.py"]
    read = set(re.findall(r"\bsettings\.(\w+)", "\n".join(path.read_text() for path in readers)))
    launcher = (ROOT / "deploy/run.sh").read_text()
    read |= {name.lower() for name in re.findall(r"\$\{([A-Z_]+)", launcher)}
    model = (source / "settings/model.py").read_text()
    bodies = re.split(r"\n    @property\n", model)[1:]
    while True:
        more = {
            name
            for body in bodies
            if re.match(r"\s*def (\w+)", body)[1] in read  # type: ignore[index]
            for name in re.findall(r"\bself\.(\w+)", body)
        }
        if more <= read:
            return read
        read |= more


USED = used_fields()
