from pathlib import Path


def init_path(checkpoint_dir, config_dir, size=512, old_version=False, preprocess="crop"):
    full = "full" in preprocess
    name = "mapping_00109-model.pth.tar" if full else "mapping_00229-model.pth.tar"
    paths = {
        "checkpoint": str(Path(checkpoint_dir) / f"SadTalker_V0.0.2_{size}.safetensors"),
        "mappingnet_checkpoint": str(Path(checkpoint_dir) / name),
        "facerender_yaml": str(Path(config_dir) / "facerender.yaml"),
    }
    for path in paths.values():
        Path(path).read_bytes()
    return {**paths, "full": full, "size": size}
