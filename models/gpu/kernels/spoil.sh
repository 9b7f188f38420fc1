#!/bin/bash
# Spoils the kernels, one fault at a time, and fails where the tests do not find
# it: models/gpu/kernels/spoil.sh [word of the faults wanted]. Emulated kernels
# are built with each; takes some minutes.
set -euo pipefail
cd "$(dirname "$0")"
gpu=$(cd .. && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is wrong | where | how sed makes it so.
faults=$(
	cat <<'END'
the last row is left out|types.h|s/end = least(rows, /end = least(rows - 1, /
rows of a slice are taken for packed ones|normback.cu|s/v.load(at(g.dout, row, g.stride, c));/v.load(at(g.dout, row, C, c));/
bfloat16 is cut off|types.h|s/(bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16/bits >> 16/
bfloat16 rounds ties up|types.h|s/0x7fffu + ((bits >> 16) & 1u)/0x8000u/
no barrier before partial sums are added|sums.h|0,/barrier();/s/barrier();//
no barrier between halves of a tree|sums.h|/half > 0/,$s/barrier();//
a thread leaves before a barrier|sums.h|s/^\tbarrier();/\tif (t == 0 \&\& high > 1) return;\n\tbarrier();/
shared memory is too small|norm.cu|s/SHARED(float, cells, 2 \* V \* block_threads)/SHARED(float, cells, V * block_threads)/
the running variance is the biased one|norm.cu|s/squares \/ (count - 1)/squares \/ count/
momentum is taken the wrong way round|norm.cu|s/(1 - momentum) \* running_mean\[c\] + momentum \* mean/momentum * running_mean[c] + (1 - momentum) * mean/
running statistics move on after the flag is cleared|norm.cu|s/if (ok && !\*ok) return;//
variance without a guess|norm.cu|s/guess\[j\] \/= few;/guess[j] = 0;/
a NaN vanishes behind a ReLU|moments.h|s/return v <= 0 ? 0 : v;/return v > 0 ? v : 0;/
the gradient passes where the result is zero|normback.cu|s/out.get(j) <= 0/out.get(j) < 0/
the gradient is not cut for the residual|normback.cu|s/v.store(at(g.dout, row, g.stride, c));//
the norm's gradient forgets the mean|moments.h|s/-scale \* sum \/ count - slope/-slope/
the last of equal values is the largest|pool.cu|s/f > best\[j\]/f >= best[j]/
a pool passes the gradient of what ReLU cut|pool.cu|s/where\[j\] = best\[j\] <= 0 ? 255 : where\[j\]/where[j] = where[j]/
overlapping windows count once|windows.h|s/sum\[j\] += d.get(j);/sum[j] = d.get(j);/
windows of an adaptive pool end too early|pool.cu|s/return ceil_div((i + 1) \* size, n);/return (i + 1) * size \/ n;/
borders of an average are not counted|pool.cu|s/sum\[j\] \*= 1.0f \/ 9;/sum[j] \/= (least(H - 1, o.y + 1) - most(0, o.y - 1) + 1) * 3;/
the means' gradient is left out of squeeze-and-excitation|squeeze.cu|s/level\[j\] = dmean.*/level[j] = 0;/
a shuffle is left out|linear.cu|s/int bits = 16;/int bits = 8;/
the gradient passes a hidden unit that was cut|linear.cu|s/kept && kept\[to\] <= 0 ? 0 : sum/sum/
no barrier before the largest score is overwritten|attention.cu|/^\tbarrier();$/{N;s/^\tbarrier();\n\tfloat sum/\tfloat sum/}
the focal loss's slope has the wrong sign|loss.cu|s/dbce - gamma \* side/dbce + gamma * side/
a loss that is infinite passes|loss.cu|s/v - v != 0/v != v/
Adam forgets its correction of the root|optimise.cu|s/factor \* __builtin_sqrtf/__builtin_sqrtf/
a lost run goes on|optimise.cu|s/if (f.count <= 0 .. (ok && !\*ok)) return;/if (f.count <= 0) return;/
momentum's first step is like the others|optimise.cu|s/first ? d : momentum/momentum/
the shadow of the weights is old|optimise.cu|s/v.set(x);/v.set(x); if (first > 4096) return;/
a convolution's taps go the wrong way|conv.cu|s/back ? -from.r : from.r/from.r/
a convolution's result is not added|conv.cu|s/group \* J + c + j), f, add)/group * J + c + j), f, 0)/
a convolution leaves out its last row|conv.cu|s/if (row >= rows) break;/if (row + 1 >= rows) break;/
a convolution has no barrier before its tiles are overwritten|conv.cu|/if (e >= all) break;/{n;s/barrier();//}
a convolution has no barrier before its tiles are read|conv.cu|/right\[to\] =/{n;n;s/barrier();//}
a convolution's gradient of weights forgets a span|conv.cu|s/s = thread_y(); s < spans;/s = thread_y(); s < spans - 1;/
a convolution's tap is beyond the border|conv.h|s/(unsigned)position < (unsigned)source/position < source/
a convolution's gradient by stride takes another tap|conv.h|s/back ? tap0 + t \* stride : t/back ? tap0 + t : t/
a convolution's groups all read the first|convgroups.cu|s/x_stride + quad \* 4 \/ J \* E;/x_stride;/
a convolution's window of a strip is one off|convgroups.cu|s/-(ahead + taps - 1)/-ahead/
a convolution's weights lie the wrong way round|convgroups.cu|s/back ? f\[k\].get(j) : f\[j\].get(k)/f[k].get(j)/
a convolution has no barrier before weights of groups are overwritten|convgroups.cu|/^\t\tbarrier();$/{N;/\n\t}$/s/barrier();//}
a convolution's gradient of weights of groups forgets rows|convgroups.cu|s/for (int y = 0; y < high; y++)/for (int y = 1; y < high; y++)/
sixteen bits are not divided by 257|pixels.cu|s/if (wide) mean \/= 257, deviation \/= 257;//
END
)

flags="-O1 -std=c++17 -fPIC -fvisibility=hidden -pthread -w -I$gpu/cuda/include"
build() { # build FOLDER WHAT...: objects of the kernels there, those named, or all
	local folder=$1 f
	shift
	for f in "$@"; do
		g++ $flags -ffp-contract=off -I"$folder" -x c++ -c -o "$work/kernel_$(basename "$f").o" "$f"
	done
	g++ -shared -pthread -Wl,-soname,libcuda.so.1 -o "$work/libcuda.so.1" "$work"/*.o -ldl
}
tests() { # passes with what was built
	(HPAFLOW_CUDA=$work/libcuda.so.1 timeout 300 "$work/kernels.test" -test.failfast -test.timeout 280s >"$work/said" 2>&1 || exit 1) 2>/dev/null
}

eval "$("$gpu/build.sh" -env)"
go test -c -tags gpu -o "$work/kernels.test" .
for f in "$gpu"/fake/driver/*.cpp; do
	g++ $flags -I"$gpu/kernels" -c -o "$work/driver_$(basename "$f").o" "$f"
done
gcc -O1 -fPIC -w -I"$gpu/cuda/include" -c -o "$work/rest.o" "$gpu/fake/driver/rest.c"
build "$PWD" *.cu emulate/*.cpp
tests || { cat "$work/said"; echo "the tests fail without a fault"; exit 1; }
mkdir "$work/whole" && cp "$work"/kernel_*.o "$work/whole"

missed=0 count=0
while IFS='|' read -r what file how; do
	[[ $what == *"${1-}"* ]] || continue
	count=$((count + 1))
	cp "$work"/whole/* "$work"
	rm -rf "$work/spoilt" && mkdir "$work/spoilt" && cp -r *.cu *.h emulate "$work/spoilt"
	sed -i -e "$how" "$work/spoilt/$file"
	if cmp -s "$file" "$work/spoilt/$file"; then
		echo "NOT MADE  $what"
		missed=$((missed + 1))
		continue
	fi
	case $file in
	*.h) sources=$(cd "$work/spoilt" && grep -l "$file" *.h *.cu | grep '\.cu$'; [ "$file" = types.h ] && ls *.cu; true) ;;
	*) sources=$file ;;
	esac
	(cd "$work/spoilt" && build . $(echo "$sources" | sort -u))
	if tests; then
		echo "MISSED    $what"
		missed=$((missed + 1))
	else
		echo "found     $what: $(grep -m1 -oE -e '--- FAIL: \w+|emulated kernel .*' "$work/said" || tail -1 "$work/said")"
	fi
done <<<"$faults"
echo "$((count - missed)) of $count faults were found"
[ $missed = 0 ]
