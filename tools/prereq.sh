#!/bin/sh
# Installs what the tests use and this machine lacks, by apt: as root, or by sudo that asks no password.
# The race detector needs a C compiler; the power-loss test traces system calls with strace; the tests of the PostgreSQL
# store start servers of their own, and put PgBouncer before one.
set -eu

packages=
command -v "${CC:-cc}" >/dev/null || packages="$packages gcc libc6-dev"
command -v strace >/dev/null || packages="$packages strace"
command -v git >/dev/null || packages="$packages git"
{ [ -n "${USHER_TEST_POSTGRES:-}" ] || command -v postgres || ls /usr/lib/postgresql/*/bin/postgres; } >/dev/null 2>&1 ||
	packages="$packages postgresql"
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || packages="$packages pgbouncer"
[ -n "$packages" ] || exit 0

fail() {
	echo "missing:$packages. $1" >&2
	echo "hint: install them with the package manager of this system, then run make test again" >&2
	exit 1
}

command -v apt-get >/dev/null || fail "This system has no apt-get."
as_root=
if [ "$(id -u)" != 0 ]; then
	sudo -n true 2>/dev/null || fail "Installing needs root, or sudo without a password."
	as_root="sudo -n"
fi
echo "installing:$packages"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # the lists are words on purpose
{ $as_root apt-get -qq update && $as_root apt-get -qq install -y --no-install-recommends $packages; } >/dev/null ||
	fail "apt-get could not install them."
