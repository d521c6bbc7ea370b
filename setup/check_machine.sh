#!/bin/bash
# Says in one go what this machine lacks for `make setup`, and the one command that installs it.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

missing=() packages=()
lack() { missing+=("$1"); packages+=("$2"); }

debian() { command -v dpkg >/dev/null && command -v apt-get >/dev/null; }

if ! debian; then
  . /etc/os-release 2>/dev/null || true
  die "apt-get and dpkg are not on this machine (${PRETTY_NAME:-not Debian}); Asterisk and the voices come as Debian packages." \
    "docker compose up     # the way elsewhere than on Debian"
fi
python=$(find_python) || lack "Python 3.11 or newer" "python3 python3-venv"
if [ -n "${python:-}" ]; then
  "$python" -c 'import venv, ensurepip' 2>/dev/null || lack "venv and ensurepip for $python" python3-venv
fi
command -v dpkg-deb >/dev/null || lack dpkg-deb dpkg
command -v flock >/dev/null || lack flock util-linux
[ -d /etc/ssl/certs ] && [ -n "$(ls /etc/ssl/certs 2>/dev/null)" ] || lack "certificates of the package indexes" ca-certificates
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || [ -n "$(ls /etc/apt/trusted.gpg.d 2>/dev/null)" ] ||
  lack "the keys of Debian's archive" debian-archive-keyring
case $(dpkg --print-architecture) in
  amd64 | arm64) ;;
  *) die "this processor ($(dpkg --print-architecture)) has no wheels for speech recognition; amd64 and arm64 have." ;;
esac

if [ ${#missing[@]} -gt 0 ]; then
  list=$(printf ', %s' "${missing[@]}")
  die "this machine lacks ${list:2}; install it with" "$(as_root "apt-get update") && $(as_root "apt-get install -y ${packages[*]}")"
fi
