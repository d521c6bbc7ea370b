#!/bin/bash
# .venv from requirements.lock: pinned versions, every file checked by its hash; voicebot itself in editable form.
# Nothing outside the two lock files is asked of the package index: builds run without isolation.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

wanted=$(cat requirements.lock setup/build.lock pyproject.toml | sha256sum | cut -d ' ' -f 1)
complete=$VENV/.complete        # holds the hash of what was installed; written last
installing=$LOCAL/venv.installing

ready() {
  [ ! -e "$installing" ] && [ "$(cat "$complete" 2>/dev/null)" = "$wanted" ] &&
    "$VENV/bin/python" -c 'import sys, voicebot; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if ready; then exit 0; fi
take_lock
if ready; then exit 0; fi
python=$(find_python) || die "Python 3.11 or newer is not on this machine." "$(as_root "apt-get install -y python3 python3-venv")"

# pip does not write packages in one piece: what a killed installation left is made anew (downloads stay in pip's cache)
if [ -e "$installing" ] || ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
  [ ! -e "$VENV" ] || say "setup: $VENV is incomplete; making it anew"
  rm -rf "$VENV"
fi
: > "$installing"
if [ ! -e "$VENV/bin/python" ]; then
  room_for 1500 "the Python environment"
  "$python" -m venv "$VENV" ||
    die "$python cannot make a virtual environment." "$(as_root "apt-get install -y python3-venv")"
fi

say "setup: Python packages into ${VENV/#$ROOT\//} (about 220 MB to download, 800 MB on disk; a minute or two)"
# pip_install ARGUMENTS: what is worth reading of pip's words: downloads of 1 MB and more, and everything that went wrong
pip_install() {
  "$VENV/bin/python" -m pip install --disable-pip-version-check --progress-bar off --no-deps "$@" |
    sed -u -nE 's/^Installing collected packages.*/  unpacking (half a minute)/p; t; /^ *(Downloading|Using cached) .*[0-9] MB/p; /^ *(Downloading|Using cached|Requirement already|Ignoring|Looking in|Collecting|Processing|Preparing|Getting|Checking|Attempting|Found existing|Uninstalling|Successfully|Building wheel|Created wheel|Stored in)/d; p'
}
failed() {  # pip says no and leaves whole packages only: what is there may stay
  rm -f "$installing"
  die "pip could not install $1; see its message above. What was downloaded is kept: run make setup again." \
    "pip config list   # the package index of this machine"
}
pip_install --require-hashes -r setup/build.lock || failed "the build tools"
pip_install --require-hashes --no-build-isolation -r requirements.lock || failed "the dependencies"
pip_install --no-build-isolation --quiet --editable . || failed "voicebot itself"
printf '%s\n' "$wanted" > "$complete"
rm -f "$installing"
say "setup: Python packages ready ($(size_of "$VENV") MB)"
