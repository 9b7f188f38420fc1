#!/usr/bin/env bash
# Try the Snakefile with Snakemake from PyPI, and the YAML against Kubernetes'
# schema, in an environment that is thrown away.
#
#   configs/cluster/try-tools.sh
#
# Where there is no Python, or PyPI is not to be reached, it says so and ends
# with 0.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if ! python3 -m venv "$dir/venv" >/dev/null 2>&1 || ! "$dir/venv/bin/pip" install -q snakemake kubernetes-validate pyyaml >/dev/null 2>&1; then
	echo "skipped: Snakemake cannot be installed here"
	exit 0
fi
(cd "$root" && go build -o "$dir/hpaflow" ./cmd/hpaflow)
"$dir/venv/bin/python" - "$here/kubernetes.yaml" <<'PYTHON'
import sys, yaml, kubernetes_validate
documents = list(yaml.safe_load_all(open(sys.argv[1])))
for d in documents:
    kubernetes_validate.validate(d, kubernetes_validate.latest_version(), strict=True)
print(len(documents), "documents are valid for Kubernetes", kubernetes_validate.latest_version())
PYTHON

cd "$dir"
mkdir in
for n in $(seq 0 29); do
	for colour in red green blue yellow; do
		cp "$root/configs/example/1_A1_1_$colour.png" "in/9_$(printf %02d "$n")_$colour.png"
	done
done
echo bad >in/9_07_red.png
digest() { (cd "$1" && find . -type f -not -path './.run/*' | sort | xargs sha256sum | sha256sum); }
settings="--set input=$dir/in --set unit=4"
"$dir/hpaflow" run "$root/configs/rgby-shards.flow" $settings --set output=whole --progress none || [ $? -eq 3 ]
make() {
	"$dir/venv/bin/snakemake" -s "$here/Snakefile" --cores 2 --quiet all --config "hpaflow=$dir/hpaflow" "flow=$root/configs/rgby-shards.flow" \
		"settings=$settings --set output=$dir/many" "marks=$dir/marks"
}
make
[ "$(digest whole)" = "$(digest many)" ] || { echo "Snakemake has made something else" >&2; exit 1; }
rm -r marks many/.run/units/done/00003.json # a unit whose record is lost is done again, to the same bytes
make
[ "$(digest whole)" = "$(digest many)" ] || { echo "Snakemake has made something else the second time" >&2; exit 1; }
echo "Snakemake $("$dir/venv/bin/snakemake" --version): 8 units and finish, twice: equal"
