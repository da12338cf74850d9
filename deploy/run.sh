#!/usr/bin/env bash
# Serves the API with a worker on port 8888: the launcher of the SadTalker service (S13), for pods.
#
# TALKIES_VENV  the environment that Talkies is installed in (.venv beside this folder)
# SADTALKER_VENV  SadTalker's own, where it was installed before; read by Talkies
# API_PORT, API_HOST, UVICORN_ARGS  as in the seed; every other setting by its own variable
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${TALKIES_VENV:-$here/.venv}
if [[ ! -x $venv/bin/python ]]; then
  echo "run.sh: there is no Talkies in $venv: run 'make setup', or set TALKIES_VENV" >&2
  exit 4
fi

export API_HOST=${API_HOST:-0.0.0.0} API_PORT=${API_PORT:-8888}
# Words of UVICORN_ARGS are separate arguments.
read -r -a more <<< "${UVICORN_ARGS:-}"
exec "$venv/bin/python" -m uvicorn talkies.asgi:app \
  --host "$API_HOST" --port "$API_PORT" "${more[@]}"
