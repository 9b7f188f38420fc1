#!/bin/sh
# Builds hpaflow for NVIDIA's cards: models/gpu/build.sh -o FILE [go build flags].
# With -env it prints what other commands of go need, for a shell to evaluate:
#
#   eval "$(models/gpu/build.sh -env)"
#   go vet -tags gpu ./models/gpu/...
#   go test -tags gpu ./models/gpu/...
#
# All it takes is Go and gcc: gorgonia.org/cu includes <cuda.h> and links -lcuda,
# and gets a header of ours and an archive of names that nothing is taken from.
# The driver itself is loaded when the program asks for a card.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
include=$here/cuda/include

usage() {
	echo "usage: $0 -o FILE [go build flags] | -env" >&2
	exit 2
}

# stubs prints the folder of libcuda.a, which it makes where it is not there yet.
# cgo links each package once by itself, to see what it refers to; there cu finds
# its names in this archive. In the program they are the trampolines of
# models/gpu/cuda, which come first; were one missing, the archive's member would
# be taken, and the linker would refuse the names that stand twice.
stubs() {
	cache=${HPAFLOW_STUBS:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/hpaflow/stubs}
	dir=$cache/$(cksum <"$include/cuda/symbols.h" | tr ' ' -)-$(uname -m)
	if [ ! -f "$dir/libcuda.a" ]; then
		mkdir -p "$dir"
		work=$(mktemp -d "$dir/.XXXXXX")
		{
			printf '#define X(name) .globl name; .type name,%%function; name: ;\n.text\n'
			cat "$include/cuda/symbols.h"
			printf '.section .note.GNU-stack,"",%%progbits\n'
		} >"$work/names.S"
		${CC:-gcc} -c -o "$work/names.o" "$work/names.S"
		ar crD "$work/libcuda.a" "$work/names.o"
		mv "$work/libcuda.a" "$dir/libcuda.a"
		rm -r "$work"
	fi
	echo "$dir"
}

[ $# -ge 1 ] || usage
case $1 in
-env)
	dir=$(stubs)
	echo "export CGO_ENABLED=1"
	echo "export CGO_CFLAGS='-O2 -g -I$include'"
	echo "export CGO_LDFLAGS='-O2 -g -L$dir'"
	;;
-o)
	[ $# -ge 2 ] || usage
	case $2 in /*) file=$2 ;; *) file=$PWD/$2 ;; esac
	shift 2
	dir=$(stubs)
	CGO_ENABLED=1 CGO_CFLAGS="-O2 -g -I$include" CGO_LDFLAGS="-O2 -g -L$dir" \
		go -C "$here/../.." build -tags gpu -trimpath -ldflags '-s -w' -o "$file" "$@" ./cmd/hpaflow
	;;
*)
	usage
	;;
esac
