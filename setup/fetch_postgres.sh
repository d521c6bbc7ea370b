#!/bin/bash
# For the tests: PostgreSQL 15 as .local/postgres/bin/{initdb,pg_ctl,postgres,psql}. An installed one (>= 14) is used.
# PostgreSQL itself refuses to run as root: who starts it as root drops to another user first.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
prefix=$LOCAL/postgres
SUITE=${SUITE:-bookworm} MAJOR=${MAJOR:-15}
programs=(initdb pg_ctl postgres)

ready() { [ -e "$prefix/.complete" ] && [[ $("$prefix/bin/postgres" --version 2>&1 || true) == "postgres (PostgreSQL)"* ]]; }

installed() {  # the newest installed folder of programs
  local folder
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
    if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && [ "$(basename "$(dirname "$folder")")" -ge 14 ]; then
      printf '%s' "$folder"
      return
    fi
  done
  return 1
}

if ready; then exit 0; fi
take_lock
if ready; then exit 0; fi
if folder=$(installed); then
  mkdir -p "$prefix/bin"
  for program in "${programs[@]}"; do write_wrapper "$prefix/bin/$program" "exec $folder/$program \"\$@\""; done
else
  [ -d /usr/share/zoneinfo ] || die "PostgreSQL needs the time zones of this machine." "$(as_root "apt-get install -y tzdata")"
  room_for 400 PostgreSQL
  say "setup: PostgreSQL $MAJOR, for the tests, into ${prefix/#$ROOT\//} (about 35 MB to download, 120 MB on disk)"
  home=usr/lib/postgresql/$MAJOR
  "$(find_python)" "$ROOT/setup/debs.py" "$prefix" --name PostgreSQL --cache "$LOCAL/cache" --suite "$SUITE" \
    --components main non-free --package "postgresql-$MAJOR" --also libc6 libgcc-s1 \
    --program "${programs[@]/#/$home/bin/}" "$home"/lib/{plpgsql,dict_snowball,libpqwalreceiver,utf8_and_cyrillic}.so
  rm -rf "$prefix/$home"/lib/{llvmjit*,bitcode}  # without LLVM; absent, PostgreSQL does without a JIT compiler
  # initdb and pg_ctl start the postgres beside them, so a wrapper lies there, and the real one elsewhere
  mkdir -p "$prefix/$home/real" "$prefix/bin"
  for program in "${programs[@]}"; do
    mv "$prefix/$home/bin/$program" "$prefix/$home/real/$program"
    write_wrapper "$prefix/$home/bin/$program" "$(own_loader "\$here/$program" "$home/real/$program")"
    ln -sfn "../$home/bin/$program" "$prefix/bin/$program"
  done
fi
: > "$prefix/.complete"
ready || die "PostgreSQL in $prefix does not run." "rm -rf $prefix"
