#!/bin/sh
# Whether the container does its work: an API answers, a worker's process is there.
set -eu

if [ -e /proc/1/cmdline ] && tr '\0' ' ' < /proc/1/cmdline | grep -q ' worker'; then
  exit 0
fi
exec python - <<'PYTHON'
import os
import urllib.request

port = os.environ.get("API_PORT", "8000")
urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=4).read()
PYTHON
