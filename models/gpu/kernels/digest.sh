#!/bin/sh
# Prints the digest of all that kernels.ptx is made from.
set -eu
cd "$(dirname "$0")"
for f in $(ls *.cu *.h generate.sh | LC_ALL=C sort); do
	echo "$f"
	cat "$f"
done | sha256sum | cut -d' ' -f1
