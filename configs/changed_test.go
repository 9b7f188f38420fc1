package configs_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells/cellstest"
	"hpaflow/data/provenance"
	"hpaflow/data/table"
	"hpaflow/flow"
)

// changed runs a config under a policy, and gives what it said.
func changed(t *testing.T, policy flow.ChangePolicy, config string, sets ...string) (flow.Stats, string, error) {
	t.Helper()
	g, err := buildWith(config, func(o *flow.Options) { o.Changed = policy }, sets...)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	g.Notify(flow.Events{Noted: func(stage, text string) { said.WriteString(stage + ": " + text + "\n") }})
	err = g.Run(context.Background())
	return g.Stats(), said.String(), err
}

// copied is a copy of the example's images, which may be changed.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("example")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// swap puts the content of one file in the place of another, with that one's
// length, where it has the same, and time.
func swap(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(to)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(to, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
}

// What is converted from other images, or with other labels, is made again, is
// kept, or ends the run, as the run's policy says; and becomes what a run on
// nothing would have made.
func TestChangedInputs(t *testing.T) {
	for _, config := range []string{"rgby.flow", "rgby-shards.flow"} {
		images, out := copied(t), t.TempDir()
		labels := filepath.Join(images, "train.csv")
		sets := func(out string) []string {
			list := []string{"input=" + images, "output=" + out}
			if config == "rgby-shards.flow" {
				list = append(list, "table="+labels, "samples=4")
			}
			return list
		}
		mustRun(t, config, flow.Options{}, sets(out)...)
		first := foldertest.Results(t, out)

		swap(t, filepath.Join(images, "1_A1_1_red.png"), filepath.Join(images, "1_B3_1_red.png"))
		if _, _, err := changed(t, flow.ChangedRefuse, config, sets(out)...); err == nil || !strings.Contains(err.Error(), "the images of 1_B3_1 are others") {
			t.Errorf("%s: refusing: %v", config, err)
		}
		for range 2 { // it is still known after the first
			stats, said, err := changed(t, flow.ChangedKeep, config, sets(out)...)
			if err != nil || stats.Stages[0].Complete != 6 || !strings.Contains(said, "kept all the same, since images are others: Id 1_B3_1") {
				t.Errorf("%s: keeping: %d complete, %q, %v", config, stats.Stages[0].Complete, said, err)
			}
		}
		if !maps.Equal(foldertest.Results(t, out), first) {
			t.Errorf("%s: what was to be kept is another", config)
		}
		stats, said, err := changed(t, flow.ChangedAuto, config, sets(out)...)
		if err != nil || stats.Stages[0].Complete != 5 || !strings.Contains(said, "made anew, since images are others: Id 1_B3_1") {
			t.Errorf("%s: %d complete, %q, %v", config, stats.Stages[0].Complete, said, err)
		}
		whole := func(when string) {
			t.Helper()
			undisturbed := t.TempDir()
			mustRun(t, config, flow.Options{}, sets(undisturbed)...)
			if !maps.Equal(foldertest.Results(t, out), foldertest.Results(t, undisturbed)) {
				t.Errorf("%s: %s: the results differ from those of one run", config, when)
			}
			if again := mustRun(t, config, flow.Options{}, sets(out)...); again.Stages[0].Complete != 6 {
				t.Errorf("%s: %s: of 6 a second run finds %d complete", config, when, again.Stages[0].Complete)
			}
		}
		whole("other images")

		if config == "rgby.flow" {
			continue
		}
		rows, err := table.ReadLabelled(labels, 28)
		if err != nil {
			t.Fatal(err)
		}
		rows[2].Labels = data.LabelsOf(5)
		if err := table.Write(labels, rows); err != nil {
			t.Fatal(err)
		}
		stats, said, err = changed(t, flow.ChangedAuto, config, sets(out)...)
		if err != nil || stats.Stages[0].Complete != 0 || !strings.Contains(said, "made anew: label.table has other contents") {
			t.Errorf("%s: other labels: %d complete, %q, %v", config, stats.Stages[0].Complete, said, err)
		}
		whole("other labels")
	}
}

// A file whose time alone is another is not worked on again, and results of a
// version that recorded nothing count as complete, which is said once.
func TestUnchangedInputs(t *testing.T) {
	images, out := copied(t), t.TempDir()
	sets := []string{"input=" + images, "output=" + out}
	mustRun(t, "rgby.flow", flow.Options{}, sets...)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(images, "1_A1_1_red.png"), old, old); err != nil {
		t.Fatal(err)
	}
	if again := mustRun(t, "rgby.flow", flow.Options{}, sets...); again.Stages[0].Complete != 6 {
		t.Errorf("after a touch %d of 6 are complete", again.Stages[0].Complete)
	}
	if err := os.RemoveAll(filepath.Join(out, ".run")); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		stats, said, err := changed(t, flow.ChangedAuto, "rgby.flow", sets...)
		if err != nil || stats.Stages[0].Complete != 6 || strings.Contains(said, "nothing is recorded") != (i == 0) {
			t.Errorf("run %d without records: %d complete, %q, %v", i, stats.Stages[0].Complete, said, err)
		}
	}
}

// Results that are no longer whole are made again; a folder in the place of one
// is that one's trouble.
func TestDamagedResults(t *testing.T) {
	out := t.TempDir()
	sets := []string{"input=example", "output=" + out}
	mustRun(t, "rgby.flow", flow.Options{}, sets...)
	want := foldertest.Results(t, out)
	for name, length := range map[string]int64{"1_A1_1.png": 0, "1_A1_2.png": 500} {
		if err := os.Truncate(filepath.Join(out, name), length); err != nil {
			t.Fatal(err)
		}
	}
	stats, said, err := changed(t, flow.ChangedAuto, "rgby.flow", sets...)
	if err != nil || stats.Stages[0].Complete != 4 || !strings.Contains(said, "damaged, and made again: 2 Ids (1_A1_1, 1_A1_2)") || !maps.Equal(want, foldertest.Results(t, out)) {
		t.Errorf("%d complete, %q, %v", stats.Stages[0].Complete, said, err)
	}

	path := filepath.Join(out, "1_B3_1.png")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(out, "1_C2_1.png")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	stats, err = run(t, "rgby.flow", flow.Options{}, sets...)
	failed := slices.Collect(stats.Failed.All())
	if err != nil || len(failed) != 1 || failed[0].Key != "1_B3_1" || !strings.Contains(failed[0].Cause, "a folder has this name") {
		t.Errorf("a folder in the place of a result: %v, dead letters %v", err, failed)
	}
	if _, err := os.Stat(filepath.Join(out, "1_C2_1.png")); err != nil {
		t.Error(err)
	}
}

// Three images of one length: when one becomes another, its hash does too.
func TestHashesFollowContents(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "raw", "train")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	var rows []table.Row
	length := 0
	pictures := map[string][]byte{}
	for name, from := range map[string]string{"A": "example/1_A1_1_green.png", "B": "example/1_C2_1_green.png"} {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		pictures[name], length = b, max(length, len(b))
	}
	for _, id := range []string{"a", "b", "c"} {
		rows = append(rows, table.Row{ID: id, Labels: data.LabelsOf(1), Labeled: true})
	}
	save := func(id, picture string) {
		t.Helper()
		b := append(pictures[picture][:len(pictures[picture]):len(pictures[picture])], make([]byte, length-len(pictures[picture]))...) // zeros behind the end
		path := filepath.Join(folder, id+"_green.png")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Unix(1e9, 0), time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Write(filepath.Join(dir, "train.csv"), rows); err != nil {
		t.Fatal(err)
	}
	groups := func() string {
		t.Helper()
		_, said, err := changed(t, flow.ChangedAuto, "duplicates.flow", "data="+dir, "sets=train")
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "duplicates.ahash.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return said + string(b)
	}
	save("a", "A")
	save("b", "B")
	save("c", "A")
	if got := groups(); !strings.Contains(got, ",a c,") {
		t.Fatalf("a and c are one picture: %s", got)
	}
	save("c", "B")
	if got := groups(); !strings.Contains(got, ",b c,") || !strings.Contains(got, "hashed again, since images are others: Id c") {
		t.Errorf("c is b's picture by now: %s", got)
	}
}

// What was predicted from other images is predicted again, and so is what was
// averaged.
func TestInferFollowsImages(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 8, 8)
	trained, out := t.TempDir(), t.TempDir()
	common := []string{"images=" + images, "table=" + split, "size=32", "batch=8"}
	mustRun(t, "train.flow", flow.Options{}, append(common, "out="+trained, "epochs=1")...)
	average := func() flow.Stats {
		t.Helper()
		return mustRun(t, "swa.flow", flow.Options{}, append(common, "run="+trained, "last=1")...)
	}
	average()
	rows, err := table.Read(split, 28)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Split == "train" {
			swap(t, filepath.Join(images, rows[len(rows)-1].ID+".png"), filepath.Join(images, r.ID+".png"))
			break
		}
	}
	if first, second := average(), average(); first.Stages[0].Complete != 0 || second.Stages[0].Complete != 8 {
		t.Errorf("averaging found %d, then %d of 8 complete", first.Stages[0].Complete, second.Stages[0].Complete)
	}
	for _, name := range []string{"p.csv", "p.shards"} {
		sets := append(common, "weights="+filepath.Join(trained, "checkpoint", "epoch_0000"), "split=val", "views=1", "out="+filepath.Join(out, name))
		mustRun(t, "infer.flow", flow.Options{}, sets...)
		if again := mustRun(t, "infer.flow", flow.Options{}, sets...); again.Stages[0].Complete != 8 {
			t.Errorf("%s: %d of 8 are complete", name, again.Stages[0].Complete)
		}
		var val []string
		for _, r := range rows {
			if r.Split == "val" {
				val = append(val, filepath.Join(images, r.ID+".png"))
			}
		}
		before, err := os.ReadFile(val[1])
		if err != nil {
			t.Fatal(err)
		}
		swap(t, val[0], val[1])
		if _, _, err := changed(t, flow.ChangedRefuse, "infer.flow", sets...); err == nil {
			t.Errorf("%s: other images were not refused", name)
		}
		stats, said, err := changed(t, flow.ChangedAuto, "infer.flow", sets...)
		if err != nil || stats.Stages[0].Complete != 0 || !strings.Contains(said, "made anew, since images are others") {
			t.Errorf("%s: other images: %d complete, %q, %v", name, stats.Stages[0].Complete, said, err)
		}
		if err := os.WriteFile(val[1], before, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A table of an earlier version is believed by its FILE.from; nothing else is
// known of it, which is said once.
func TestEarlierTables(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 8, 8)
	trained, file := t.TempDir(), filepath.Join(t.TempDir(), "p.csv")
	common := []string{"images=" + images, "table=" + split, "size=32", "batch=8"}
	mustRun(t, "train.flow", flow.Options{}, append(common, "out="+trained, "epochs=1")...)
	weights := filepath.Join(trained, "checkpoint", "epoch_0000")
	sets := append(common, "weights="+weights, "split=val", "views=1", "out="+file)
	mustRun(t, "infer.flow", flow.Options{}, sets...)
	earlier, err := provenance.Digest([]string{"resnet18 val 1 32 fixed 0"}, []string{weights, split})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from     string
		complete int64
		said     string
	}{{earlier, 8, "nothing is recorded"}, {strings.Repeat("0", 64), 0, "p.csv.from tells of other inputs or settings"}, {"", 8, "nothing is recorded"}} {
		err := os.RemoveAll(filepath.Join(filepath.Dir(file), ".p.csv.run"))
		if err == nil && c.from != "" {
			err = os.WriteFile(file+".from", []byte(c.from+"\n"), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			complete, said := c.complete, c.said
			if i == 1 { // it is recorded by now
				complete, said = 8, ""
			}
			stats, text, err := changed(t, flow.ChangedAuto, "infer.flow", sets...)
			if err != nil || stats.Stages[0].Complete != complete || said != "" && !strings.Contains(text, said) || said == "" && strings.Contains(text, c.said) {
				t.Errorf("from %.8q, run %d: %d complete, %q, %v", c.from, i, stats.Stages[0].Complete, text, err)
			}
		}
		os.Remove(file + ".from")
	}
}

// Tables that are always made anew say what has changed, and are kept or
// refused as the run says.
func TestChangedTables(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	known := write("val.csv", "Id,L00,L01,P00,P01\na,1,1,0.6,0.55\nb,0,1,0.125,0.5\n")
	test := write("test.csv", "Id,P00,P01\ny,0.3,0.55\n")
	sets := []string{"test_val=" + known, "test=" + test, "classes=2", "out=" + dir}
	mustRun(t, "submit.flow", flow.Options{}, sets...)
	submission := filepath.Join(dir, "submission.csv")
	before := read(t, submission)
	write("test.csv", "Id,P00,P01\ny,0.01,0.9\n")
	if _, _, err := changed(t, flow.ChangedRefuse, "submit.flow", sets...); err == nil || !strings.Contains(err.Error(), "predictions#2.tables has other contents") {
		t.Errorf("refusing: %v", err)
	}
	if _, said, err := changed(t, flow.ChangedKeep, "submit.flow", sets...); err != nil || read(t, submission) != before || !strings.Contains(said, "kept all the same") {
		t.Errorf("keeping: %q, %v", said, err)
	}
	if _, said, err := changed(t, flow.ChangedAuto, "submit.flow", sets...); err != nil || read(t, submission) == before || !strings.Contains(said, "made anew: predictions#2.tables has other contents") {
		t.Errorf("%q, %v", said, err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
