#!/bin/sh
# Runs every fuzz target of every package for $FUZZTIME each. One at a time: that is all that go test allows.
set -eu

go=${GO:-go}
time=${FUZZTIME:-60s}
found=0
for package in $("$go" list ./...); do
	listed=$("$go" test -list '^Fuzz' "$package")
	for target in $(echo "$listed" | grep '^Fuzz' || true); do
		found=$((found + 1))
		echo "== $package $target"
		"$go" test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5x "$package"
	done
done
[ "$found" -gt 0 ] || { echo "no fuzz target found" >&2; exit 1; }
echo "$found fuzz targets, $time each: no failure"
