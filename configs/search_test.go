package configs_test

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/augment"
	"hpaflow/data/cells/cellstest"
	"hpaflow/flow"
)

// searchSets are the variables of a search that takes seconds.
func searchSets(t *testing.T) []string {
	images, split := cellstest.TrainingSet(t, 8, 6)
	return []string{"images=" + images, "table=" + split, "val_table=" + split, "train_split=train", "flow=train.flow",
		"trials=3", "keep=2", "epochs=2", "size=32", "batch=4", "seed=3"}
}

func searchTable(t *testing.T, out string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(out, "search.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestSearch searches twice with one seed, the second time interrupted between
// trials and inside of one, and compares what comes of it.
func TestSearch(t *testing.T) {
	sets := searchSets(t)
	whole, disturbed := t.TempDir(), t.TempDir()
	mustRun(t, "search.flow", flow.Options{}, append(sets, "out="+whole)...)

	rows := searchTable(t, whole)
	status := map[string]int{}
	var trials []string
	for _, row := range rows[1:] {
		status[row[4]]++
		trials = append(trials, row[1])
		if row[2] != "2" || (row[4] == "base") != (row[1] == "trial_000") || (row[5] == "") != (row[4] == "base") {
			t.Errorf("a row %v", row)
		}
	}
	slices.Sort(trials)
	if strings.Join(trials, " ") != "trial_000 trial_001 trial_002 trial_003" || status["kept"] != 2 || status["dropped"] != 1 {
		t.Errorf("trials %v, %v", trials, status)
	}
	policy, err := augment.Load(filepath.Join(whole, "policy.json"))
	if err != nil || len(policy) != 2 || len(policy.Pairs()) != 10 {
		t.Fatalf("a policy of %d sets, %v", len(policy), err)
	}
	if _, err := build("train.flow", flow.Options{}, sets[0], sets[1], "batch=4", "out="+t.TempDir(), "policy="+filepath.Join(whole, "policy.json")); err != nil {
		t.Errorf("the policy is not taken: %v", err)
	}

	told := errors.New("told to stop")
	for _, at := range []string{"trial_000: epoch 0", "trial_001: epoch 1", "trial_002: epoch 0"} {
		g, err := build("search.flow", flow.Options{}, append(sets, "out="+disturbed)...)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(context.Background())
		var notes []string
		g.Notify(flow.Events{Noted: func(_, text string) {
			notes = append(notes, text)
			if strings.HasPrefix(text, at) {
				cancel(told)
			}
		}})
		if err := g.Run(ctx); !errors.Is(err, told) {
			t.Fatalf("interrupted at %q, the search ended with %v\n%s", at, err, strings.Join(notes, "\n"))
		}
	}
	g, err := build("search.flow", flow.Options{}, append(sets, "out="+disturbed)...)
	if err != nil {
		t.Fatal(err)
	}
	var trained []string
	g.Notify(flow.Events{Noted: func(_, text string) {
		if strings.Contains(text, ": epoch ") {
			trained = append(trained, text[:len("trial_000")])
		}
	}})
	if err := g.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(trained, "trial_000") || slices.Contains(trained, "trial_001") {
		t.Errorf("%v were trained again", trained)
	}
	for _, name := range []string{"search.csv", "policy.json", "search.png"} {
		a, err := os.ReadFile(filepath.Join(whole, name))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(disturbed, name)); err != nil || string(a) != string(b) {
			t.Errorf("%s differs from that of an undisturbed search; %v\n%s\n%s", name, err, a, b)
		}
	}

	// A search with other settings or sets does not take these for its own.
	for _, other := range []string{"batch=2", "seed=4"} {
		_, err := run(t, "search.flow", flow.Options{}, append(sets, "out="+disturbed, other)...)
		if err == nil || !strings.Contains(err.Error(), "choose another folder") {
			t.Errorf("with %s: %v", other, err)
		}
	}
	// A fault in the flow of the trials is told with its place.
	_, err = build("search.flow", flow.Options{}, append(sets, "out="+t.TempDir(), "model=resnet99")...)
	if err == nil || !strings.Contains(err.Error(), "search.flow:") || !strings.Contains(err.Error(), "train.flow:") {
		t.Errorf("another model: %v", err)
	}
}

// TestSearchHalving stops the worse half after one epoch, and what goes on is
// as if it had never been stopped.
func TestSearchHalving(t *testing.T) {
	sets := append(searchSets(t), "keep=1")
	all, halved := t.TempDir(), t.TempDir()
	mustRun(t, "search.flow", flow.Options{}, append(sets, "out="+all)...)
	mustRun(t, "search.flow", flow.Options{}, append(sets, "out="+halved, "halving=2", "min_epochs=1")...)
	scores := map[string]string{}
	for _, row := range searchTable(t, all)[1:] {
		scores[row[1]] = row[3]
	}
	epochs := map[string]int{}
	for _, row := range searchTable(t, halved)[1:] {
		epochs[row[2]]++
		if row[2] == "2" && row[3] != scores[row[1]] {
			t.Errorf("%s has score %s, and without halving %s", row[1], row[3], scores[row[1]])
		}
		if row[4] == "kept" && row[2] != "2" {
			t.Errorf("%s was stopped and is kept", row[1])
		}
	}
	if epochs["1"] != 1 || epochs["2"] != 3 {
		t.Errorf("trials by epochs: %v, want 1 stopped and 3 trained to the end", epochs)
	}
}

// TestSearchFindsItsFlow: search.flow knows where train.flow is, whichever folder
// it is run from.
func TestSearchFindsItsFlow(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 4, 2)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	sets := []string{"images=" + images, "table=" + split, "val_table=" + split, "train_split=train", "batch=2", "size=32", "out=" + t.TempDir()}
	if _, err := build(filepath.Join(here, "search.flow"), flow.Options{}, sets...); err != nil {
		t.Errorf("from another folder: %v", err)
	}
	// A flow that is not beside it is one of the working folder.
	if err := os.WriteFile("mine.flow", mustRead(t, filepath.Join(here, "train.flow")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := build(filepath.Join(here, "search.flow"), flow.Options{}, append(sets, "flow=mine.flow")...); err != nil {
		t.Errorf("with a flow of the working folder: %v", err)
	}
	_, err = build(filepath.Join(here, "search.flow"), flow.Options{}, append(sets, "flow=none.flow")...)
	saysAll(t, "a flow that is nowhere", err, "search.flow:", "none.flow: no such file")
}
