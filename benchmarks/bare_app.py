"""The floor of a submission: FastAPI that takes the same body and inserts it into SQLite.

python benchmarks/bare_app.py PORT FOLDER
"""

import sqlite3
import sys
import threading
import uuid
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Form, UploadFile


def application(folder: Path) -> FastAPI:
    app = FastAPI()
    database = sqlite3.connect(folder / "bare.sqlite", check_same_thread=False)
    database.execute("pragma journal_mode=wal")
    database.execute("pragma synchronous=full")
    database.execute(
        "create table jobs (id text primary key, text text, portrait blob, audio blob)"
    )
    turn = threading.Lock()

    @app.post("/v1/videos", status_code=202)
    def create(
        portrait: UploadFile, audio: UploadFile, text: Annotated[str, Form()] = ""
    ) -> dict[str, str]:
        id_ = uuid.uuid4().hex
        row = (id_, text, portrait.file.read(), audio.file.read())
        with turn, database:
            database.execute("insert into jobs values (?, ?, ?, ?)", row)
        return {"id": id_}

    return app


if __name__ == "__main__":
    uvicorn.run(
        application(Path(sys.argv[2])), port=int(sys.argv[1]), log_level="error", access_log=False
    )
