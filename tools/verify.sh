#!/bin/sh
# Fails if a generated file is not what `make generate` writes now. A generated file carries Go's own marker line.
set -eu

generated() {
	git ls-files --cached --others --exclude-standard -- '*.go' | xargs grep -lE '^// Code generated .* DO NOT EDIT\.$' || true
}
sums() { generated | xargs -r sha256sum; }

before=$(sums)
"${GO:-go}" generate ./...
after=$(sums)
[ "$before" = "$after" ] && exit 0
echo "generated files were out of date; they have been written again, commit them:" >&2
git --no-pager diff --stat -- $(generated) >&2
exit 1
