#!/bin/bash
# For the tests: docker-compose as .local/compose/bin/docker-compose, which checks docker-compose.yml without a Docker engine.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
prefix=$LOCAL/compose
SUITE=${SUITE:-testing}

ready() { [ -e "$prefix/.complete" ] && [[ $("$prefix/bin/docker-compose" version --short 2>&1 || true) =~ ^[v0-9] ]]; }

if ready; then exit 0; fi
take_lock
if ready; then exit 0; fi
room_for 200 docker-compose
say "setup: docker-compose, for the tests, into ${prefix/#$ROOT\//} (14 MB to download, 74 MB on disk)"
"$(find_python)" "$ROOT/setup/debs.py" "$prefix" --name docker-compose --cache "$LOCAL/cache" --suite "$SUITE" \
  --package docker-compose --also libc6 --program usr/libexec/docker/cli-plugins/docker-compose
write_wrapper "$prefix/bin/docker-compose" "$(own_loader docker-compose usr/libexec/docker/cli-plugins/docker-compose)"
: > "$prefix/.complete"
ready || die "docker-compose in $prefix does not run." "rm -rf $prefix"
