#!/bin/sh
# Builds libcuda.so.1, libcudnn.so.9 and libnccl.so.2 for machines without a card
# into the folder given: models/gpu/fake/build.sh DIR. Only what depends on
# sources that have changed is compiled again. Several may run at once.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
gpu=$(dirname "$here")
mkdir -p "$1"
out=$(cd "$1" && pwd)
if [ -z "${HPAFLOW_FAKE_LOCKED-}" ] && command -v flock >/dev/null; then
	HPAFLOW_FAKE_LOCKED=1 exec flock "$out" "$0" "$out"
fi

cc=${CC:-gcc} cxx=${CXX:-g++}
flags="-O3 -g1 -fPIC -fvisibility=hidden -pthread -Wall -Wextra -Wno-unused-parameter"
flags="$flags -I$gpu/cuda/include -I$gpu/kernels -I$gpu/dnn -I$gpu/nccl ${HPAFLOW_FAKE_CXXFLAGS-}"

# base is what all objects depend on: the compiler, its flags, every header.
base=$({
	"$cxx" -v 2>&1
	cd "$gpu"
	find fake kernels cuda dnn nccl -name '*.h' | LC_ALL=C sort | xargs cat
	cat fake/build.sh
} | sha256sum | cut -c1-32)

# compile LIBRARY COMPILER SOURCE FLAGS...: an object of it, unless there is one.
objects=$out/objects
mkdir -p "$objects"
jobs='' used=''
compile() {
	library=$1 compiler=$2 source=$3
	shift 3
	object=$objects/$library-$({ echo "$base $compiler $source $*"; cat "$source"; } | sha256sum | cut -c1-32).o
	used="$used $object"
	[ -f "$object" ] && return
	("$compiler" $flags "$@" -c -o "$object.$$" "$source" && mv "$object.$$" "$object") &
	jobs="$jobs $!"
}
for library in driver cudnn nccl; do
	for f in "$here/$library"/*.cpp; do
		compile $library "$cxx" "$f" -std=c++17
	done
done
compile driver "$cc" "$here/driver/rest.c"
# The kernels' floating point is a card's: no reordering, no fused operations
# but those that are written down.
for f in "$gpu"/kernels/*.cu; do
	compile driver "$cxx" "$f" -x c++ -std=c++17 -ffp-contract=off -Wno-unknown-pragmas
done
for f in "$gpu"/kernels/emulate/*.cpp; do
	compile driver "$cxx" "$f" -std=c++17
done
for j in $jobs; do
	wait "$j"
done

digest=$(echo "$used" | sha256sum)
[ "$(cat "$out/digest" 2>/dev/null)" = "$digest" ] && exit 0
# link LIBRARY NAME
link() {
	"$cxx" -shared -pthread -Wl,-z,defs "-Wl,-soname,$2" -o "$out/$2.$$" $(echo "$used" | tr ' ' '\n' | grep "/$1-") -ldl
	mv -f "$out/$2.$$" "$out/$2"
}
link driver libcuda.so.1
link cudnn libcudnn.so.9
link nccl libnccl.so.2
for object in "$objects"/*; do
	case "$used " in *" $object "*) ;; *) rm -f "$object" ;; esac
done
echo "$digest" >"$out/digest"
