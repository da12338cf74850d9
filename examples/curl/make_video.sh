#!/usr/bin/env bash
# Makes a video with curl: ./make_video.sh face.png "Hello there." talk.mp4
# TALKIES_URL is where the server is, TALKIES_KEY a key of it.
set -euo pipefail

url=${TALKIES_URL:-http://127.0.0.1:8000}
key=${TALKIES_KEY:?Set TALKIES_KEY to a key of the server}
portrait=$1 text=$2 output=$3

# What a failure says stands in the answer's body.
call() {
  local answer
  answer=$(curl --silent --show-error --fail-with-body -H "X-API-Key: $key" "$@") \
    || { echo "$answer" >&2; return 1; }
  echo "$answer"
}

# One field of a JSON document on standard input: field status, field urls.self
field() {
  python3 -c '
import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    value = value[name]
print(str(value).lower() if isinstance(value, bool) else value)' "$1"
}

# A file that is sent once can be used in many requests.
asset=$(call -F "file=@$portrait" "$url/v1/assets")
asset=$(field id <<< "$asset")

# The same Idempotency-Key with the same request makes one video, however often it is sent.
job=$(call -H "Idempotency-Key: $(date +%s)-$$" \
  -F "portrait=$asset" -F "text=$text" -F resolution=480p "$url/v1/videos")
self=$(field urls.self <<< "$job")

# Each request waits until the video is done, half a minute at most.
until [ "$(field done <<< "$job")" = true ]; do
  job=$(call "$self?wait=30")
  echo "$(field status <<< "$job") $(field progress <<< "$job")" >&2
done

if [ "$(field status <<< "$job")" != succeeded ]; then
  echo "It $(field status <<< "$job"): $job" >&2
  exit 1
fi

# The link of a file needs no key and is good for six hours.
curl --silent --show-error --fail --location --output "$output" "$(field files.video.url <<< "$job")"
echo "$output"
