#!/bin/sh
# Builds libcuda.so.1, libcudnn.so.9 and libnccl.so.2 for machines without a card
# into the folder given: models/gpu/fake/build.sh DIR. Nothing is done where what
# lies there is of the same sources and compiler. Several may run at once.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
gpu=$(dirname "$here")
mkdir -p "$1"
out=$(cd "$1" && pwd)
cxx=${CXX:-g++}

# What is built depends on these and nothing else.
sources() {
	find "$here" "$gpu/kernels" "$gpu/cuda/include" "$gpu/dnn" "$gpu/nccl" -type f \
		\( -name '*.cpp' -o -name '*.c' -o -name '*.h' -o -name '*.cu' -o -name '*.cuh' -o -name build.sh \) | LC_ALL=C sort
}
digest=$({ sources | xargs cat; sources; $cxx -v 2>&1; echo "${HPAFLOW_FAKE_CXXFLAGS-}"; } | sha256sum | cut -d' ' -f1)
[ "$(cat "$out/digest" 2>/dev/null)" = "$digest" ] && exit 0

work=$(mktemp -d "$out/.XXXXXX")
trap 'rm -rf "$work"' EXIT
flags="-O3 -g1 -std=c++17 -fPIC -fvisibility=hidden -pthread -Wall -Wextra -Wno-unused-parameter -I$gpu/cuda/include -I$gpu/kernels -I$gpu/dnn -I$gpu/nccl ${HPAFLOW_FAKE_CXXFLAGS-}"

# compile SOURCE [flags]: an object in the background.
jobs=
compile() {
	source=$1
	shift
	object=$work/$(echo "$source" | sed "s,$gpu/,,; s,[/.],_,g").o
	$cxx $flags "$@" -c -o "$object" "$source" &
	jobs="$jobs $!"
}
for f in "$here"/driver/*.cpp "$here"/cudnn/*.cpp "$here"/nccl/*.cpp; do
	compile "$f"
done
${CC:-gcc} -O2 -fPIC -I"$gpu/cuda/include" -c -o "$work/fake_driver_rest_c.o" "$here/driver/rest.c" &
jobs="$jobs $!"
# The kernels' floating point is a card's: no reordering, no fused operations
# but those that are written down.
for f in "$gpu"/kernels/*.cu; do
	compile "$f" -x c++ -ffp-contract=off -Wno-unknown-pragmas
done
for f in "$gpu"/kernels/emulate/*.cpp; do
	compile "$f"
done
for j in $jobs; do
	wait "$j"
done

cd "$work"
name=libcuda.so.1
$cxx -shared -pthread -Wl,-z,defs -Wl,-soname,$name -o $name fake_driver_*.o kernels_*.o -ldl
name=libcudnn.so.9
$cxx -shared -pthread -Wl,-z,defs -Wl,-soname,$name -o $name fake_cudnn_*.o -ldl
name=libnccl.so.2
$cxx -shared -pthread -Wl,-z,defs -Wl,-soname,$name -o $name fake_nccl_*.o -ldl
for f in libcuda.so.1 libcudnn.so.9 libnccl.so.2; do
	mv -f "$f" "$out/$f"
done
echo "$digest" >"$out/digest"
