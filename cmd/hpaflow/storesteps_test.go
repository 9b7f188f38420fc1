package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestStepsInAStore does the steps of a network with data and results in a store, one
// unit after the other and a second time as a whole, which finds all of it done. What
// the store has of probabilities and weights is what a disk has.
func TestStepsInAStore(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("trains networks")
	}
	configs, err := filepath.Abs("../../configs")
	if err != nil {
		t.Fatal(err)
	}
	hpaflow, dir := program(t), t.TempDir()
	bucket := filepath.Join(dir, "buckets", "b")
	if err := os.MkdirAll(bucket, 0o777); err != nil {
		t.Fatal(err)
	}
	run := func(verb, config string, args ...string) string {
		t.Helper()
		cmd := exec.Command(hpaflow, append([]string{verb, filepath.Join(configs, config)}, args...)...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "TEST_NETWORKS=1", "TEST_BUCKETS="+filepath.Dir(bucket))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", verb, config, err, out)
		}
		return string(out)
	}
	layOut(func(config string, sets ...string) string { return run("run", config, setWords(sets...)...) }, "size=32")
	if err := os.CopyFS(filepath.Join(bucket, "data"), os.DirFS(filepath.Join(dir, "data"))); err != nil {
		t.Fatal(err)
	}
	network := func(base string) []string {
		return setWords("name=n", "model=tiny", "size=32", "batch=4", "epochs=2", "last=1",
			"data="+base+"data", "results="+base+"results", "inferences="+base+"inferences")
	}
	run("run", "network.flow", network("")...)
	for unit := range 4 {
		if told := run("units", "network.flow", network("s3://b/")...); strings.Count(told, "missing") != 4-unit {
			t.Errorf("before unit %d: %s", unit, told)
		}
		run("run", "network.flow", append(network("s3://b/"), "--unit", strconv.Itoa(unit))...)
	}
	if told := run("units", "network.flow", network("s3://b/")...); strings.Contains(told, "missing") {
		t.Errorf("after the last unit: %s", told)
	}
	if told := run("run", "network.flow", network("s3://b/")...); strings.Count(told, "nothing to do") != 4 || strings.Contains(told, "/work-") {
		t.Errorf("the whole, once more: %s", told)
	}
	for _, name := range []string{"results/n/metrics.csv", "results/n/checkpoint/swa.1.001/weights.safetensors", "inferences/n.test.csv.zst", "inferences/n.test_val.csv.zst"} {
		if readText(t, bucket, name) != readText(t, dir, name) {
			t.Errorf("%s differs from that of a disk", name)
		}
	}
}
