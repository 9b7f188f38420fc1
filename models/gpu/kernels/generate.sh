#!/bin/sh
# Compiles the kernels to kernels.ptx: models/gpu/kernels/generate.sh [FILE].
# It takes Debian's clang 19 (clang++-19, or CLANG); with the same version the
# bytes are the same. digest.sh says what the file was made from.
set -eu
cd "$(dirname "$0")"
out=${1:-kernels.ptx}
clang=${CLANG:-clang++-19}

# sm_75 and PTX 7.5: what the T4 and every later card's driver takes. What stands
# in comments but the digest is left out.
{
	echo "// sources $(./digest.sh)"
	ls *.cu | LC_ALL=C sort | sed 's/.*/#include "&"/' |
		$clang -x cuda --cuda-device-only --cuda-gpu-arch=sm_75 -nocudainc -nocudalib \
			-Xclang -target-feature -Xclang +ptx75 -std=c++17 -ffp-contract=off -Wall -Werror \
			-O3 -S -I. -o - - |
		sed -e 's,[[:space:]]*//.*,,' -e 's,^[[:space:]]*/\*.*\*/$,,' -e '/^[[:space:]]*$/d'
} >"$out.part"
mv "$out.part" "$out"
