#!/bin/bash
# RHVoice 1.8 and the Russian voices with a free licence, unpacked into .local/rhvoice.
# The other voices of the package are NC-ND: they are not kept.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
prefix=$LOCAL/rhvoice
SUITE=${SUITE:-bookworm}
voices=(aleksandr aleksandr-hq anna elena irina)

wanted=$(printf '%s\n' "$SUITE" "${voices[@]}" | sha256sum | cut -d ' ' -f 1)
ready() { [ "$(cat "$prefix/.complete" 2>/dev/null)" = "$wanted" ] && [ -d "$prefix/usr/share/RHVoice/voices/anna" ]; }

if ready; then exit 0; fi
take_lock
if ready; then exit 0; fi
room_for 600 "RHVoice"
say "setup: RHVoice and ${#voices[@]} Russian voices into ${prefix/#$ROOT\//} (about 110 MB to download, 75 MB on disk)"
"$(find_python)" "$ROOT/setup/debs.py" "$prefix" --name RHVoice --cache "$LOCAL/cache" --suite "$SUITE" --components main non-free \
  --package librhvoice5 librhvoice-core7 rhvoice-russian libsonic0 --host-loads libsonic.so.0 libRHVoice_core.so.7 libRHVoice.so.5 \
  --only usr/share/RHVoice/voices "${voices[@]}"
printf '%s\n' "$wanted" > "$prefix/.complete"
rm -f "$LOCAL"/cache/apt-*/archives/rhvoice-russian_*.deb  # 106 MB that nothing needs again
