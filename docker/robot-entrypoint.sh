#!/bin/sh
# Reads the ARI password that the exchange made at its first start, then becomes voicebot.
set -eu
secret=${ARI_PASSWORD_FILE:-}
if [ -n "$secret" ]; then
  waited=0
  until [ -s "$secret" ]; do
    [ "$waited" -lt 60 ] || { echo "robot: $secret did not appear in 60 s: is the exchange running?" >&2; exit 1; }
    sleep 1
    waited=$((waited + 1))
  done
  VOICEBOT_TELEPHONY__ASTERISK__PASSWORD=$(cat "$secret")
  export VOICEBOT_TELEPHONY__ASTERISK__PASSWORD
fi
exec voicebot "$@"
