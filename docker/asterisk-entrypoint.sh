#!/bin/sh
# Makes the ARI password at the first start, fills the templates, then becomes Asterisk.
# ARI listens on 127.0.0.1 always; SIP and RTP on $SIP_BIND, because a carrier has to reach them.
set -eu
umask 077
templates=${TEMPLATES:-/opt/voicebot/asterisk_conf} audio=${AUDIO:-/opt/voicebot/audio}
run=${RUN:-/var/lib/exchange} secret=${ARI_PASSWORD_FILE:-/run/voicebot-secrets/ari_password}
sip_bind=${SIP_BIND:-127.0.0.1} trunk=${TRUNK:-127.0.0.1:9}
modules=${MODULES:-$(echo /usr/lib/*/asterisk/modules)} data=${DATA:-/usr/share/asterisk}

if [ ! -s "$secret" ]; then
  head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$secret.new"
  mv "$secret.new" "$secret"
fi
# what would change the meaning of a configuration file never gets into one
for value in "$sip_bind" "$trunk" "${NODE:-}" "${HTTP_PORT:-}" "${SIP_PORT:-}" "${RTP_FIRST:-}" "${RTP_LAST:-}" "${MAX_CALL_S:-}"; do
  case $value in *[!A-Za-z0-9.:_-]*) echo "exchange: «$value» is no address, number or name; see docker-compose.yml" >&2; exit 1 ;; esac
done

rm -rf "$run/conf"
mkdir -p "$run/conf" "$run/lib" "$run/cache" "$run/agi" "$run/log" "$run/spool/recording"
for file in "$templates"/common/* "$templates"/clinic/*; do
  case $file in */http.conf) bind=127.0.0.1 ;; *) bind=$sip_bind ;; esac
  sed -e "s|@CONF@|$run/conf|g; s|@RUN@|$run|g; s|@MODULES@|$modules|g; s|@DATA@|$data|g" \
    -e "s|@HOLD@|$audio/hold|g; s|@BIND@|$bind|g; s|@HTTP_PORT@|${HTTP_PORT:-8088}|g; s|@SIP_PORT@|${SIP_PORT:-5060}|g" \
    -e "s|@RTP_FIRST@|${RTP_FIRST:-10000}|g; s|@RTP_LAST@|${RTP_LAST:-10399}|g" \
    -e "s|@PEER_SIP@|$trunk|g; s|@PEER_HOST@|${trunk%:*}|g; s|@ARI_USER@|voicebot|g; s|@ARI_PASSWORD@|$(cat "$secret")|g" \
    -e "s|@APP@|voicebot-${NODE:-node1}|g; s|@MAX_CALL_S@|${MAX_CALL_S:-1800}|g" "$file" > "$run/conf/${file##*/}"
done
if left=$(grep -rhoE '@[A-Z][A-Z_]*@' "$run/conf"); then
  echo "exchange: the templates want values that nobody gives:" $left >&2
  exit 1
fi
exec asterisk -f -n -C "$run/conf/asterisk.conf"
