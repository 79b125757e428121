#!/bin/sh
# Fails if a generated file, of Go or of docs, is not what `make generate` writes now.
set -eu

state() {
	git status --porcelain
	git diff | sha256sum
}

before=$(state)
"${GO:-go}" generate ./...
[ "$before" = "$(state)" ] && exit 0
echo "generated files were out of date; they have been written again, commit them:" >&2
git --no-pager diff --stat >&2
exit 1
