#!/bin/bash
# All that is asked of a machine with a card, in order of worth, each part with a limit of its own and its JSON written
# at once, so that a run that is cut short has told what it had:
#
#   models/gpu/build.sh -o hpaflow && bench/gpu/run.sh ./hpaflow OUT [SECONDS]
#
# The machine needs no Go; PyTorch is measured where python3 has it. SECONDS is what the whole may take, 300 unless
# given; parts that would begin later are left out, and named.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
hpaflow=$(realpath "${1:?usage: run.sh HPAFLOW OUT [SECONDS]}")
mkdir -p "${2:?usage: run.sh HPAFLOW OUT [SECONDS]}" && out=$(cd "$2" && pwd)
limit=${3:-300}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# part NAME SECONDS COMMAND... runs a command with its output in OUT/NAME.json.
part() {
	local name=$1 most=$2 begun=$SECONDS
	shift 2
	if [ $((SECONDS + most)) -gt "$limit" ]; then
		echo "$name: left out, no time" | tee -a "$out/left-out.txt"
		return
	fi
	timeout -k 5 "$most" "$@" >"$out/$name.json" 2>"$out/$name.err"
	local rc=$?
	[ -s "$out/$name.err" ] || rm -f "$out/$name.err"
	echo "$name: exit $rc, $((SECONDS - begun)) s$([ $rc = 0 ] || tail -n 2 "$out/$name.err" 2>/dev/null | sed 's/^/; /' | tr '\n' ' ')"
}

# pair MODEL SIZE BATCH MODE PRECISION measures both, in turn, twice.
pair() {
	local name=$1.$2.$4.$5 round
	for round in 1 2; do
		part "$name.hpaflow.$round" 30 "$hpaflow" bench step --device gpu --precision "$5" --model "$1" --size "$2" --batch "$3" --mode "$4" --steps 30 --json
		part "$name.torch.$round" 40 python3 "$here/torch_step.py" "$1" "$2" "$3" "$4" "$5" 30
	done
}

# training draws cells, trains on them with the whole input side, and keeps the report, which tells the device's share.
training() {
	local data=$work/data
	cd "$work" &&
		"$hpaflow" run cells.flow --set data=data --set train=1536 --set external=16 --set test=16 --set size=512 --progress none &&
		"$hpaflow" run rgby-shards.flow --set input="$data/raw/train" --set output="$data/shards/train" --set table="$data/train.csv" --progress none &&
		"$hpaflow" run duplicates.flow --set data=data --progress none &&
		"$hpaflow" run split.flow --set data=data --set use_external=0 --progress none &&
		"$hpaflow" run train.flow --set data=data --set images="$data/shards/train" --set table=data/split.stratified.small.0.csv \
			--set model=resnet34 --set size=512 --set batch=32 --set epochs=4 --set device=gpu --set precision=bf16 --set out=run \
			--report "$out/training-report.json" --progress plain
	local rc=$?
	cp run/metrics.csv "$out/training-metrics.csv" 2>/dev/null
	return $rc
}

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader | tee "$out/card.txt"
part list 20 "$hpaflow" gpu list --json
part check 60 "$hpaflow" gpu check --quick --json
pair resnet34 512 32 train bf16
pair se_resnext50 512 32 train bf16
pair resnet34 512 32 train tf32
export -f training
export hpaflow work out
part training 90 bash -c training
for cores in 1 4 16; do
	[ "$cores" -le "$(nproc)" ] &&
		part "input.$cores" 40 taskset -c "0-$((cores - 1))" "$hpaflow" bench input train.flow --step-time 1ms --json \
			--set data="$work/data" --set images="$work/data/shards/train" --set table="$work/data/split.stratified.small.0.csv" --set size=512
done
pair inception_v3 512 32 train bf16
pair resnet34 512 32 infer bf16
pair se_resnext50 512 32 train tf32
pair resnet34 256 32 train bf16
part resnet34.512.train.bf16.compiled 60 python3 "$here/torch_step.py" resnet34 512 32 train bf16 30 --compile
echo "all parts: $SECONDS s, in $out"
