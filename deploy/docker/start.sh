#!/bin/sh
# Starts what the first argument names: api (without a worker), worker, serve (both), serverless,
# or any command of `talkies`. Settings come from the environment; docs/reference/settings.md.
set -eu

role=${1:-serve}
[ $# -gt 0 ] && shift

# A volume that is mounted for the first time may be empty, and has to be ours.
for folder in "${DATA_DIR:?}" "${ENGINES_ROOT:?}"; do
  if ! mkdir -p "$folder" 2>/dev/null || [ ! -w "$folder" ]; then
    echo "start.sh: $folder cannot be written by user $(id -u): mount it with that owner" >&2
    exit 5
  fi
done

case $role in
  api | worker | serve) exec talkies "$role" "$@" ;;
  serverless) exec python -m talkies.serverless "$@" ;;
  *) exec talkies "$role" "$@" ;;
esac
