#!/bin/bash
# Pins the dependencies of pyproject.toml for every platform, with hashes: requirements.lock and setup/build.lock.
# lock.sh [--upgrade]: keep the versions that are pinned already, or take the newest.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"
tools=$LOCAL/lock-tools
[ -x "$tools/bin/uv" ] || "$VENV/bin/python" -m pip install --disable-pip-version-check --quiet --target "$tools" uv ||
  die "pip could not install uv, which makes the lock files." "pip config list   # the package index of this machine"
index=$("$VENV/bin/python" -m pip config get global.index-url 2>/dev/null || true)
compile=("$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
  ${index:+--default-index "$index"} "$@")
"${compile[@]}" pyproject.toml --extra vosk --extra postgres --extra dev --overrides setup/overrides.txt -o requirements.lock
"${compile[@]}" setup/build.in --constraints requirements.lock -o setup/build.lock
git --no-pager diff --stat -- requirements.lock setup/build.lock || true
