from file_room import engine, file_room_postgres  # noqa: F401  fixtures
from timeline_stage import makers, robin, stage  # noqa: F401  fixtures
