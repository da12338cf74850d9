#!/usr/bin/env bash
# Verifies what a webhook brought: ./verify_webhook.sh ID TIMESTAMP SIGNATURE < body
# The three are the headers webhook-id, webhook-timestamp and webhook-signature;
# TALKIES_WEBHOOK_SECRET is the whsec_… that was shown when the address was added.
set -euo pipefail

id=$1 timestamp=$2 signatures=$3
body=$(cat; echo x) # the x keeps line breaks at the end
body=${body%x}

now=$(date +%s)
if (( timestamp < now - 300 || timestamp > now + 300 )); then
  echo "The webhook is too old, or from the future." >&2
  exit 1
fi

key=$(base64 --decode <<< "${TALKIES_WEBHOOK_SECRET#whsec_}" | od -An -tx1 | tr -d ' \n')
expected=$(printf '%s.%s.%s' "$id" "$timestamp" "$body" \
  | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)

# There are two signatures while a secret is being replaced.
for signature in $signatures; do
  if [ "$signature" = "v1,$expected" ]; then
    echo verified
    exit 0
  fi
done
echo "The signature is wrong." >&2
exit 1
