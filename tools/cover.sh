#!/bin/sh
# cover.sh PERCENT PACKAGE...: statement coverage of each package by its own tests; fails under PERCENT.
set -eu

least=$1
shift
profile=$(mktemp)
trap 'rm -f "$profile"' EXIT
status=0
for package; do
	"${GO:-go}" test -coverprofile "$profile" "$package" >/dev/null
	percent=$("${GO:-go}" tool cover -func "$profile" | awk '/^total:/ {print $3 + 0}')
	verdict=ok
	awk "BEGIN {exit !($percent < $least)}" && verdict="under $least %" status=1
	printf '%-14s %5.1f %%  %s\n' "$package" "$percent" "$verdict"
done
exit $status
