from file_room import engine, file_room_postgres, room  # noqa: F401  fixtures
