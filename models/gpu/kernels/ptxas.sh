#!/bin/sh
# Assembles kernels.ptx for cards of capability 7.5 to 10.0, and prints what each
# kernel takes there: registers, and bytes that it keeps in memory for want of
# registers.
#
#   models/gpu/kernels/ptxas.sh [ptxas]
#
# ptxas alone is in PyPI's nvidia-cuda-nvcc-cu12. Exit 1 where the PTX does not
# assemble, or a kernel keeps more than a few values in memory.
set -eu
cd "$(dirname "$0")"
ptxas=${1:-ptxas}
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
for card in 75 80 90 100; do
	"$ptxas" -v -arch=sm_$card -o "$work/cubin" kernels.ptx 2>>"$work/said" || { cat "$work/said" >&2; exit 1; }
done
awk '
	/Compiling entry function/ { split($0, part, "\047"); name = part[2]; card = part[4]; names[name] = 1 }
	/spill stores/ { spills[card, name] = $5 }
	/Used [0-9]+ registers/ {
		match($0, /Used [0-9]+/)
		registers[card, name] = substr($0, RSTART + 5, RLENGTH - 5)
	}
	END {
		count = split("sm_75 sm_80 sm_90 sm_100", cards, " ")
		for (name in names) {
			line = name
			for (i = 1; i <= count; i++) {
				s = spills[cards[i], name]
				line = line " " substr(cards[i], 4) ":" registers[cards[i], name]
				if (s > 0) line = line "+" s "B"
				if (s > 32) bad = bad " " name
			}
			print line | "LC_ALL=C sort"
		}
		close("LC_ALL=C sort")
		if (bad != "") { print "too many values in memory:" bad; exit 1 }
	}' "$work/said"
