from pathlib import Path


def load_file(filename, device="cpu"):
    return {"weight": Path(filename).read_bytes()}
