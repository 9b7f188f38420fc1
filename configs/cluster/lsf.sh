#!/usr/bin/env bash
# Do a flow on LSF: an array job, an element a unit, and then finish.
#
#   configs/cluster/lsf.sh FLOW.flow [--set name=value]...
#
# Indexes begin at 1 there: element 1 does unit 0. The same command again does
# what is missing. Options of bsub go into BSUB_OPTIONS; AT_ONCE is how many
# elements run at once (50).
set -euo pipefail

hpaflow=${HPAFLOW:-hpaflow}
# shellcheck disable=SC2206
options=(${BSUB_OPTIONS:-})
flow=$(printf '%q ' "$@")
name=$(basename "$1" .flow)

units=$("$hpaflow" units "$@" --json | sed -E 's/.*"units":([0-9]+).*/\1/')
bsub -J "$name[1-$units]%${AT_ONCE:-50}" -r "${options[@]}" "exec $hpaflow run $flow --unit auto --progress plain"
# ended, and not done: done waits for ever behind an element that failed
bsub -J "$name-finish" -w "ended($name)" "${options[@]}" "exec $hpaflow finish $flow"
