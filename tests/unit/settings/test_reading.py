import os
import subprocess
import sys
from pathlib import Path

import pytest

from talkies.errors import Misconfigured
from talkies.settings import Settings, load


def given(**variables: str) -> Settings:
    return load(environ=variables, env_file=None)


def refused(**variables: str) -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        given(**variables)
    return caught.value


def test_nothing_has_to_be_set() -> None:
    settings = given()
    assert (settings.api_host, settings.api_port) == ("127.0.0.1", 8000)
    assert settings.database == "sqlite:///data/talkies.db"
    assert settings.storage_folder == Path("data/storage")
    assert settings.scratch_folder == Path("data/scratch")
    assert settings.limits_storage == "memory://"
    assert settings.provider == "local"
    assert settings.cors_origins == ()
    assert settings.notices == ()


def test_the_environment_of_the_process_and_the_file_where_it_starts_are_read(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text("API_PORT=9\n")
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from talkies.settings import load; s = load(); print(s.currency, s.api_port)",
        ],
        cwd=tmp_path,
        env=os.environ | {"TALKIES_CURRENCY": "CHF"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "CHF 9\n"


class TestPlaces:
    def test_flags_come_before_the_environment_and_that_before_the_file(
        self, tmp_path: Path
    ) -> None:
        file = tmp_path / ".env"
        file.write_text("API_PORT=1\nAPI_HOST=file\nCURRENCY=EUR\n")
        environ = {"API_PORT": "2", "API_HOST": "environment"}
        settings = load({"api_port": 3, "api_host": None}, environ=environ, env_file=file)
        assert (settings.api_port, settings.api_host, settings.currency) == (
            *(3, "environment", "EUR"),
        )

    def test_another_name_in_the_environment_comes_before_ours_in_the_file(
        self, tmp_path: Path
    ) -> None:
        file = tmp_path / ".env"
        file.write_text("ALLOWED_ORIGINS=https://file\n")
        environ = {"CORS_ORIGINS": "https://environment"}
        settings = load(environ=environ, env_file=file)
        assert settings.allowed_origins == ("https://environment",)

    def test_a_blank_value_counts_as_none(self) -> None:
        assert given(API_PORT=" ", PORT="7").api_port == 7

    def test_a_file_that_is_no_text_is_told(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_bytes(b"\xff\xfe\x00A=1")
        with pytest.raises(Misconfigured, match="cannot be read"):
            load(environ={}, env_file=file)

    def test_other_variables_of_a_file_are_none_of_our_business(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_text("NEXT_SOMETHING=1\nexport API_PORT='5'\nLONELY\n")
        assert load(environ={}, env_file=file).api_port == 5


class TestNames:
    def test_the_first_name_is_taken_and_the_others_are_told(self) -> None:
        settings = given(ALLOWED_ORIGINS="https://a", CORS_ORIGINS="*", API_PORT="1", PORT="1")
        assert settings.allowed_origins == ("https://a",)
        assert settings.notices == ("CORS_ORIGINS is not used: ALLOWED_ORIGINS is set too.",)

    def test_keys_of_all_names_are_taken_together_and_once(self) -> None:
        settings = given(API_KEYS="a, b", API_KEY="b", SADTALKER_API_KEYS='["c,d"]')
        assert [key.get_secret_value() for key in settings.api_keys] == ["a", "b", "c,d"]


class TestValues:
    def test_lists_are_written_with_commas_or_as_json(self) -> None:
        assert given(ENGINES="a, b,").engines == ("a", "b")
        assert given(ENGINES='["a", "b"]').engines == ("a", "b")

    def test_sizes_take_units(self) -> None:
        settings = given(MAX_IMAGE_BYTES="2MiB", SADTALKER_MAX_AUDIO_BYTES="15728640")
        assert (settings.max_image_bytes, settings.max_audio_bytes) == (2 << 20, 15 << 20)

    def test_levels_may_be_written_small(self) -> None:
        assert given(API_LOG_LEVEL="debug").log_level == "DEBUG"


class TestMeetings:
    def test_s3_prefix_is_that_of_results_where_s3_stores_them(self) -> None:
        settings = given(STORAGE_PROVIDER="s3", S3_BUCKET="b", S3_PREFIX="/sadtalker/")
        assert (settings.output_prefix, settings.frames_prefix) == ("sadtalker", "frames")

    def test_s3_prefix_is_that_of_frames_with_use_s3(self) -> None:
        settings = given(
            USE_S3="true",
            STORAGE_PROVIDER="s3",
            S3_BUCKET="b",
            S3_PREFIX="rig/",
            S3_BASE_URL="https://cdn.example",
        )
        assert (settings.output_prefix, settings.frames_prefix) == ("", "rig")
        assert settings.output_base_url is None

    def test_frames_in_s3_leave_results_where_they_were(self) -> None:
        settings = given(USE_S3="true", S3_BUCKET="b")
        assert (settings.provider, settings.frames_prefix) == ("local", "frames")

    def test_a_base_url_is_that_of_results_without_use_s3(self) -> None:
        settings = given(STORAGE_PROVIDER="s3", S3_BUCKET="b", S3_BASE_URL="https://cdn.example")
        assert settings.output_base_url == "https://cdn.example"

    def test_our_prefix_holds_for_every_storage(self) -> None:
        settings = given(
            STORAGE_PREFIX="mine", S3_PREFIX="theirs", STORAGE_PROVIDER="s3", S3_BUCKET="b"
        )
        assert settings.output_prefix == "mine"

    def test_supabase_has_its_own_prefix(self) -> None:
        settings = given(
            STORAGE_PROVIDER="supabase",
            SUPABASE_URL="https://x.supabase.co",
            SUPABASE_KEY="k",
            SUPABASE_BUCKET="b",
            SUPABASE_PREFIX="videos",
            S3_PREFIX="no",
        )
        assert settings.output_prefix == "videos"

    def test_r2_is_the_storage_where_its_variables_are_set(self) -> None:
        settings = given(
            R2_ACCOUNT_ID="acc",
            R2_ACCESS_KEY_ID="id",
            R2_SECRET_ACCESS_KEY="s",  # noqa: S106
            R2_BUCKET_NAME="videos",
        )
        assert settings.provider == "r2"
        assert settings.r2_address == "https://acc.r2.cloudflarestorage.com"

    def test_a_named_storage_is_not_overruled_by_r2s_variables(self) -> None:
        assert given(R2_BUCKET_NAME="videos", STORAGE_PROVIDER="local").provider == "local"

    def test_the_key_to_runpod_is_none_of_the_keys_that_callers_show(self) -> None:
        settings = given(RUNPOD_API_KEY="rp")
        assert settings.api_keys == ()
        assert settings.runpod_api_key is not None

    def test_cors_can_be_switched_off_and_opened_wide(self) -> None:
        assert given(ALLOWED_ORIGINS="https://a", API_ENABLE_CORS="false").cors_origins == ()
        assert given(API_ENABLE_CORS="true").cors_origins == ("*",)
        assert given(CORS_ORIGINS="https://a").cors_origins == ("https://a",)

    def test_videos_are_kept_unless_a_time_or_the_profile_says_otherwise(self) -> None:
        assert given().keep_hours is None
        assert given(PROFILE="avatar-api").keep_hours == 6
        assert given(PROFILE="avatar-api", VIDEO_RETENTION_HOURS="2").keep_hours == 2

    def test_the_legacy_route_waits_as_long_as_a_seeds_job_may_take(self) -> None:
        assert given().legacy_wait == 480
        assert given(SADTALKER_JOB_TIMEOUT_MS="60000").legacy_wait == 60
        assert given(LEGACY_WAIT_SECONDS="5", SADTALKER_JOB_TIMEOUT_MS="60000").legacy_wait == 5

    def test_traces_are_sent_only_where_that_is_switched_on(self) -> None:
        assert given(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318").otel_endpoint is None
        assert given(OTEL_ENABLED="yes").otel_endpoint == "http://localhost:4318"

    def test_addresses_with_passwords_come_out_whole(self) -> None:
        settings = given(DATABASE_URL="postgresql://u:p@h/d", REDIS_URL="redis://:p@h")
        assert settings.database == "postgresql://u:p@h/d"
        assert settings.limits_storage == "redis://:p@h"

    @pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "[::1]"])
    def test_loopback_is_known(self, host: str) -> None:
        assert given(API_HOST=host).loopback

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "127.evil.example"])  # noqa: S104
    def test_what_others_can_reach_is_no_loopback(self, host: str) -> None:
        assert not given(API_HOST=host).loopback


class TestRefusals:
    def test_one_problem_names_the_variable_the_value_and_the_next_step(self) -> None:
        error = refused(PORT="eighty")
        assert error.message.startswith("PORT=eighty: ")
        assert error.hint.startswith("Mend or unset PORT.")
        assert error.details == {"variables": ["API_PORT"]}

    def test_a_flag_is_named_as_it_was_written(self) -> None:
        with pytest.raises(Misconfigured, match="--port=70000"):
            load({"api_port": 70000}, environ={}, env_file=None)
        with pytest.raises(Misconfigured, match="currency=x"):
            load({"currency": "x"}, environ={}, env_file=None)

    def test_a_file_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_text("CURRENCY=francs\n")
        with pytest.raises(Misconfigured, match=r"CURRENCY \(in .*\.env\)=francs"):
            load(environ={}, env_file=file)

    def test_everything_is_told_at_once(self) -> None:
        error = refused(
            API_PORT="x",
            LOG_LEVEL="loud",
            STORAGE_PROVIDER="supabase",
            SECRET_KEY="short",  # noqa: S106
        )
        assert error.message.startswith("6 settings cannot be used:")
        assert set(error.details["variables"] or ()) == {  # type: ignore[arg-type]
            *("API_PORT", "LOG_LEVEL", "SECRET_KEY"),
            *("SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_STORAGE_BUCKET"),
        }

    def test_what_is_wrong_by_itself_is_not_blamed_again(self) -> None:
        error = refused(STORAGE_PROVIDER="ftp")
        assert error.details["variables"] == ["STORAGE_PROVIDER"]

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("SECRET_KEY", "hunter2"),
            ("DATABASE_URL", "mysql://root:hunter2@host/name"),
            ("REDIS_URL", "http://:hunter2@host"),
            ("API_KEYS", '["hunter2"'),
            ("SUPABASE_DB_URL", "hunter2"),
        ],
    )
    def test_a_secret_is_never_shown(self, variable: str, value: str) -> None:
        error = refused(**{variable: value})
        assert variable in error.message
        assert "hunter2" not in f"{error.message}{error.hint}{error.details}{error.__cause__}"
        assert error.__suppress_context__ or error.__context__ is None

    def test_secrets_are_not_in_the_settings_own_text(self) -> None:
        settings = given(API_KEY="hunter2", DATABASE_URL="postgresql://u:hunter2@h/d")
        assert "hunter2" not in f"{settings!r}{settings}"

    def test_an_unreadable_list_among_several_names_is_told(self) -> None:
        assert "API_KEYS" in refused(API_KEYS="[1", API_KEY="b").message

    @pytest.mark.parametrize(
        ("variables", "named"),
        [
            ({"STORAGE_PROVIDER": "s3"}, "S3_BUCKET"),
            ({"R2_BUCKET_NAME": "b"}, "R2_ACCOUNT_ID"),
            ({"R2_BUCKET_NAME": "b"}, "R2_SECRET_ACCESS_KEY"),
            ({"USE_S3": "true"}, "S3_BUCKET"),
            ({"AWS_ACCESS_KEY_ID": "half"}, "S3_SECRET_ACCESS_KEY"),
            ({"API_PUBLIC_BASE_URL": "example.com"}, "API_PUBLIC_BASE_URL"),
            ({"S3_ENDPOINT": "ftp://x"}, "S3_ENDPOINT"),
            ({"S3_PREFIX": "a/../b"}, "S3_PREFIX"),
            ({"STORAGE_PREFIX": "a//b"}, "STORAGE_PREFIX"),
            ({"RETENTION_HOURS": "0"}, "RETENTION_HOURS"),
            ({"RETENTION_HOURS": "inf"}, "RETENTION_HOURS"),
            ({"WORKER_CONCURRENCY": "0"}, "WORKER_CONCURRENCY"),
            ({"API_ENABLE_CORS": "perhaps"}, "API_ENABLE_CORS"),
            ({"API_KEY_HEADER": "X Api"}, "API_KEY_HEADER"),
        ],
    )
    def test_what_does_not_fit_is_told(self, variables: dict[str, str], named: str) -> None:
        assert named in (refused(**variables).details["variables"] or ())  # type: ignore[operator]
