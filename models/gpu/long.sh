#!/bin/sh
# Runs all tests of the cards' device on emulated ones, also those that take too
# long for every change: models/gpu/long.sh [go test flags].
set -eu
here=$(cd "$(dirname "$0")" && pwd)
eval "$("$here/build.sh" -env)"
HPAFLOW_GPU_LONG=1 exec go -C "$here/../.." test -tags gpu -timeout 60m "$@" ./models/gpu/...
