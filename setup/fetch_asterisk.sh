#!/bin/bash
# Asterisk 22 of Debian testing, unpacked into .local/asterisk and run from there by any user, by its own loader.
# An Asterisk >= 22.6 on PATH is used as it is. The modules that must load are those of asterisk_conf/*/modules.conf.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
prefix=$LOCAL/asterisk
SUITE=${SUITE:-testing}

on_path() {
  local version folder
  version=$(asterisk -V 2>/dev/null | sed -nE 's/^Asterisk (certified[\/-])?([0-9]+\.[0-9]+).*/\2/p') || return 1
  [ -n "$version" ] && [ "$(printf '22.6\n%s\n' "$version" | sort -V | head -n 1)" = 22.6 ] || return 1
  for folder in /usr/lib/*/asterisk/modules /usr/lib/asterisk/modules /usr/local/lib/asterisk/modules; do
    if [ -e "$folder/chan_websocket.so" ]; then return 0; fi
  done
  return 1
}

if on_path; then exit 0; fi
mapfile -t modules < <(sed -nE 's/^load *= *([A-Za-z0-9_]+\.so).*/\1/p' "$ROOT"/asterisk_conf/*/modules.conf 2>/dev/null | sort -u)
[ ${#modules[@]} -gt 0 ] || die "asterisk_conf/*/modules.conf names no module; the clone is incomplete." "git -C $ROOT status"
wanted=$(printf '%s\n' "$SUITE" "${modules[@]}" | sha256sum | cut -d ' ' -f 1)
ready() { [ "$(cat "$prefix/.complete" 2>/dev/null)" = "$wanted" ] && [ -x "$prefix/usr/sbin/asterisk" ]; }

if ready; then exit 0; fi
take_lock
if ready; then exit 0; fi
room_for 300 Asterisk
say "setup: Asterisk into ${prefix/#$ROOT\//} (about 25 MB to download, 45 MB on disk)"
"$(find_python)" "$ROOT/setup/debs.py" "$prefix" --name Asterisk --cache "$LOCAL/cache" --suite "$SUITE" \
  --package asterisk asterisk-modules --also libc6 libgcc-s1 \
  --program usr/sbin/asterisk --modules asterisk/modules --module "${modules[@]}" \
  --hints "$ROOT/setup/asterisk_packages.txt"
printf '%s\n' "$wanted" > "$prefix/.complete"
