"""Configurations as dictionaries."""

import json
from pathlib import Path


class OmegaConf:
    @staticmethod
    def load(path):
        return json.loads(Path(path).read_text())

    @staticmethod
    def to_container(config):
        return dict(config)
