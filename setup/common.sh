# shellcheck shell=bash
# Shared by the scripts of setup/: where things go, what to say, one set-up at a time. Sourced, never run.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
LOCAL=$(realpath -m "${LOCAL:-$ROOT/.local}")
VENV=$(realpath -m "${VENV:-$ROOT/.venv}")
export LC_ALL=C.UTF-8

say() { printf '%s\n' "$*"; }

# die SENTENCE [COMMAND...]: what is wrong, and the command that mends it
die() {
  printf '\nsetup: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '       %s\n' "${@:2}" >&2
  exit 1
}

# as_root COMMAND: the command as this user has to type it
as_root() { if [ "$(id -u)" = 0 ]; then printf '%s' "$1"; else printf 'sudo %s' "$1"; fi; }

# the first Python that is new enough; $PYTHON goes first
find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12 python3.13; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

# one set-up at a time in one LOCAL: a second one waits, and then finds everything done
take_lock() {
  mkdir -p "$LOCAL" || die "the folder $LOCAL cannot be written by $(id -un)." "make setup LOCAL=/a/folder/of/yours"
  exec 9>"$LOCAL/.lock"
  if ! flock --nonblock 9; then
    say "setup: another set-up works in $LOCAL; waiting for it (at most 30 min)"
    flock --timeout 1800 9 || die "another set-up has worked in $LOCAL for over 30 min." "fuser -v $LOCAL/.lock"
  fi
}

# room_for MEGABYTES WHAT: fail before the download, not in the middle of it
room_for() {
  local free
  free=$(df --output=avail --block-size=1M "$LOCAL" | tail -n 1 | tr -d ' ')
  [ "$free" -ge "$1" ] || die "$2 needs $1 MB in $LOCAL; $free MB are free." "df -h $LOCAL"
}

size_of() { du -sm "$1" | cut -f 1; }

# write_wrapper FILE LINES: a program of $prefix as a shell script; $root in LINES is the prefix, wherever it is moved
write_wrapper() {
  mkdir -p "$(dirname "$1")"
  local up
  up=$(realpath -m --relative-to "$(dirname "$1")" "$prefix")
  printf '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nroot=$here/%s\n%s\n' "$up" "$2" > "$1.new"
  chmod 755 "$1.new"
  mv "$1.new" "$1"
}

# own_loader ARGV0 PROGRAM: the lines of such a script that run a program by the prefix's own loader and libraries
own_loader() {
  cat <<LINES
libraries=\$(echo "\$root"/usr/lib/*-linux-gnu)
exec "\$(echo "\$libraries"/ld-linux*.so*)" --argv0 "$1" --library-path "\$libraries" "\$root/$2" "\$@"
LINES
}
