#!/usr/bin/env bash
# What hpaflow does on a machine that fails it: a full disk, a folder that cannot
# be written to, few files, little address space, files that shrink while they are
# read, a pipe that nobody writes.
#
#   bench/hostile.sh            as root, which file systems of one's own take
#
# Each case ends with the documented code and a word that names what failed, and
# leaves whole files or none. Prints a line a case; ends with 1 if any is other.
set -euo pipefail
root=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
work=$(mktemp -d)
failed=0
cleanup() {
	umount "$work/full" "$work/closed" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
(cd "$root" && go build -o "$work/hpaflow" ./cmd/hpaflow)
cd "$work"
example=$root/configs/example
mkdir many
for i in $(seq 8); do
	for f in "$example"/*_*_*_*.png; do cp "$f" "many/${i}x$(basename "$f")"; done
done

# ends CODE WORD COMMAND...: the command ends so, and says so.
ends() {
	local want=$1 word=$2 code=0
	shift 2
	"$@" >out 2>err || code=$?
	if [ "$code" = "$want" ] && { [ -z "$word" ] || grep -qE -- "$word" err; }; then
		local said=${*: -1}
		[ -z "$word" ] || said=$(grep -E -m1 -- "$word" err)
		echo "ok    $want  ${said:0:140}"
	else
		echo "FAIL  $code instead of $want, or without '$word': $*"
		tail -n 3 err
		failed=1
	fi
}

# whole DIR: nothing half written is there.
whole() {
	local left
	left=$(find "$1" -name '*.hpaflow-tmp' -o -type f -name '*.png' -size 0)
	if [ -n "$left" ]; then
		echo "FAIL  left: $left"
		failed=1
	fi
}

hpaflow="$work/hpaflow run --progress none"
$hpaflow cells.flow --set data=data --set train=40 --set external=8 --set test=8 --set size=48
$hpaflow rgby.flow --set input=data/raw/train --set output=images
$hpaflow rgby.flow --set input=data/raw/external --set output=images
$hpaflow duplicates.flow --set data=data
$hpaflow split.flow --set data=data
training="--set images=images --set table=data/split.stratified.0.csv --set size=32"
$hpaflow train.flow $training --set epochs=1 --set batch=8 --set out=trained

mkdir full closed
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=300k tmpfs full; then
	for flow in rgby rgby-shards; do
		ends 1 'full/out/.*: no space left on device' $hpaflow $flow.flow --set input=many --set output=full/out
		whole full
	done
	ends 1 'full/made/raw/.*: no space left on device' $hpaflow cells.flow --set data=full/made --set size=128
	whole full
	ends 1 'full/run/.*: no space left on device' $hpaflow train.flow $training --set epochs=1 --set batch=8 --set out=full/run
	whole full
	find full -mindepth 1 -delete
	head -c 300000 /dev/zero >full/zeros 2>/dev/null || true
	for out in p.csv p.csv.zst p.shards; do
		ends 1 'full/.*: no space left on device' $hpaflow infer.flow $training --set weights=trained --set views=1 --set out=full/$out
		whole full
	done
	ends 1 'report: .*full/.*: no space left on device' $hpaflow rgby.flow --set input=many --set output=few --report full/report.json
	ends 1 'full/.*: no space left on device' "$work/hpaflow" demo --dir full/demo
	whole full
	mount --bind closed closed && mount -o remount,ro,bind closed
	ends 2 '"closed/out" cannot be made: "closed": read-only file system' $hpaflow rgby.flow --set input=many --set output=closed/out
	ends 2 '"closed/out" cannot be made: "closed": read-only file system' $hpaflow train.flow $training --set out=closed/out
	ends 2 '"closed/r.json" cannot be made: "closed": read-only' $hpaflow rgby.flow --set input=many --set output=few --report closed/r.json
else
	echo "skip  full and read-only disks: no file systems can be mounted here"
fi

for flow in rgby rgby-shards; do
	ends 0 '' bash -c "ulimit -n 64; $hpaflow $flow.flow --set input=many --set output=few.$flow --workers 16"
done
ends 0 '' bash -c "ulimit -n 64; $hpaflow infer.flow $training --set weights=trained --set views=1 --set out=few.csv"
ends 1 'too many open files; raise the limit' bash -c "ulimit -n 9; $hpaflow rgby-shards.flow --set input=many --set output=none --workers 16"
ends 2 'needs [0-9]+ KiB of address space, and ulimit -v allows 3000000' bash -c "ulimit -v 3000000; $hpaflow rgby.flow --set input=many --set output=v --memory 2GiB"
ends 0 '' bash -c "ulimit -v 3000000; $hpaflow rgby.flow --set input=many --set output=v"

# Each file is cut short over and over while it is read.
cp -r many shrinking
(while :; do
	for f in shrinking/*_red.png; do truncate -s 100 "$f" && cp "many/$(basename "$f")" "$f"; done
done) &
shrinks=$!
for _ in $(seq 5); do $hpaflow rgby.flow --set input=shrinking --set output=shrunk >out 2>err || [ $? = 3 ]; done
kill $shrinks
wait $shrinks 2>/dev/null || true
cp many/* shrinking/
ends 0 '' $hpaflow rgby.flow --set input=shrinking --set output=shrunk
whole shrunk
if (cd shrunk && for f in *.png; do cmp -s "$f" "../few.rgby/$f" || exit 1; done); then
	echo "ok       what was read of files that shrank is as of whole ones"
else
	echo "FAIL  a file that shrank left its picture"
	failed=1
fi

mkfifo nobody
"$work/hpaflow" run rgby.flow --set input=nobody --set output=waits 2>err &
waits=$!
for _ in $(seq 100); do grep -q 'waiting for nobody' err && break || sleep 0.1; done
kill -TERM $waits
code=0
wait $waits || code=$?
if [ $code = 130 ] && grep -q 'waiting for nobody' err; then
	echo "ok    130  cells: waiting for nobody"
else
	echo "FAIL  a pipe that nobody writes: $code, $(tail -n 1 err)"
	failed=1
fi
exit $failed
