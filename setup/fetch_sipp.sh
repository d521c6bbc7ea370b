#!/bin/bash
# For the tests: sipp (Debian's sip-tester) as .local/sipp/bin/sipp. One on PATH is used as it is.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
prefix=$LOCAL/sipp
SUITE=${SUITE:-bookworm}

ready() { [ -e "$prefix/.complete" ] && [[ $("$prefix/bin/sipp" -v 2>&1 || true) == *"SIPp v"* ]]; }

if ready; then exit 0; fi
take_lock
if ready; then exit 0; fi
if found=$(command -v sipp) && [[ $("$found" -v 2>&1 || true) == *"SIPp v"* ]]; then
  mkdir -p "$prefix/bin"
  write_wrapper "$prefix/bin/sipp" "exec $found \"\$@\""
else
  room_for 200 sipp
  say "setup: sipp, for the tests, into ${prefix/#$ROOT\//} (about 8 MB to download, 25 MB on disk)"
  "$(find_python)" "$ROOT/setup/debs.py" "$prefix" --name sipp --cache "$LOCAL/cache" --suite "$SUITE" \
    --components main non-free --package sip-tester --also libc6 libgcc-s1 --program usr/bin/sipp
  write_wrapper "$prefix/bin/sipp" "$(own_loader sipp usr/bin/sipp)"
fi
: > "$prefix/.complete"
ready || die "sipp in $prefix does not run." "rm -rf $prefix"
