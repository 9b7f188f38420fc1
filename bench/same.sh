#!/usr/bin/env bash
# Whether two versions of hpaflow make the same bytes.
#
#   bench/same.sh BEFORE [AFTER]      two commits; AFTER is the working tree when it is left out
#
# Builds both, runs rgby, shards, duplicates, leaks, splits, a training and the
# demonstration with each on synthetic cells (and rgby and shards on real images
# where PNGS names a folder of them), and compares what they leave, file by file.
# Sheets of pictures and what records times (reports, the state of training) are
# not compared.
set -euo pipefail
root=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
before=${1:?"usage: bench/same.sh BEFORE [AFTER]"} after=${2:-}
work=$(mktemp -d)
trap 'git -C "$root" worktree prune; rm -rf "$work"' EXIT

# build VERSION NAME: the program, and beside it its flows.
build() {
	local tree=$root
	if [ -n "$1" ]; then
		tree=$work/tree.$2
		git -C "$root" worktree add -q --detach "$tree" "$1"
	fi
	(cd "$tree" && go build -o "$work/hpaflow.$2" ./cmd/hpaflow)
	cp -r "$tree/configs" "$work/configs.$2"
	if [ -n "$1" ]; then git -C "$root" worktree remove --force "$tree"; fi
}

# flows NAME: all that is compared, in the folder NAME.
flows() {
	local flow="$work/hpaflow.$1 run --progress none" configs=$work/configs.$1
	mkdir "$work/$1" && cd "$work/$1"
	$flow "$configs/cells.flow" --set data=data --set train=120 --set external=30 --set test=20 --set size=64
	$flow "$configs/rgby.flow" --set input=data/raw/train --set output=rgby
	$flow "$configs/rgby-shards.flow" --set input=data/raw/train --set table=data/train.csv --set output=shards
	$flow "$configs/duplicates.flow" --set data=data
	$flow "$configs/leak.flow" --set data=data
	$flow "$configs/split.flow" --set data=data
	$flow "$configs/rgby.flow" --set input=data/raw/external --set output=rgby
	$flow "$configs/train.flow" --set images=rgby --set table=data/split.stratified.0.csv --set out=run --set size=32 \
		--set batch=16 --set epochs=2 --set seed=3
	"$work/hpaflow.$1" demo --dir demo --progress none --set train=90 --set external=24 --set test=24 --set size=32 \
		--set epochs=2 --set more_epochs=2 --set search_epochs=1 --set last=1 >/dev/null
	if [ -n "${PNGS:-}" ]; then
		$flow "$configs/rgby.flow" --set "input=$PNGS" --set output=real.rgby
		$flow "$configs/rgby-shards.flow" --set "input=$PNGS" --set output=real.shards
	fi
}

# digests NAME: a line for each file that is compared.
digests() {
	cd "$work/$1"
	find . -type f \( -path './data/raw/*' -o -path './rgby/*' -o -path './shards/*.zst' -o -path './real.*/*.png' \
		-o -path './real.*/*.zst' -o -name '*.csv' -o -name '*.csv.zst' -o -name '*.safetensors' -o -name 'policy.json' \) \
		! -path './demo/configs/*' ! -name training.safetensors ! -name 'metrics.csv' ! -name 'hashes.csv' ! -path '*/.run/*' -print0 |
		sort -z | xargs -0 sha256sum
}

build "$before" before
build "$after" after
(flows before)
(flows after)
(digests before) >"$work/before.sums"
(digests after) >"$work/after.sums"
if ! diff "$work/before.sums" "$work/after.sums"; then
	echo "the two versions leave other bytes" >&2
	exit 1
fi
echo "equal: $(wc -l <"$work/after.sums") files"
