package sources_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/sources"
)

// all runs a source of samples and gives "ID split labels file" of each, and
// "ID: cause" of those that did not come.
func all(t *testing.T, name string, args component.Args) (samples []string, err error) {
	t.Helper()
	r := &component.Registry{}
	sources.Register(r, strings.NewReader(""))
	spec, ok := r.Lookup(flow.KindSource, name)
	if !ok {
		t.Fatalf("no source %s", name)
	}
	complete := component.Args{"classes": 28}
	for _, f := range spec.AllFields() {
		if f.Default != nil {
			complete[f.Name] = f.Default
		}
	}
	for k, v := range args {
		complete[k] = v
	}
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip})
	g.Notify(flow.Events{
		Dead:    func(d flow.DeadLetter) { samples = append(samples, d.Key+": "+d.Cause) },
		Skipped: func(_, key, cause string) { samples = append(samples, key+": skipped, "+cause) },
	})
	out, err := spec.Build(&component.Node{Graph: g, Spec: spec, Name: "source", Args: complete})
	if err != nil {
		return nil, err
	}
	k := &keep[*data.Sample]{}
	got := flow.Map(out.(flow.Out[*data.Sample]), flow.Stage{Name: "note", Workers: 1}, func(_ context.Context, r flow.Record[*data.Sample]) (*data.Sample, error) {
		s := r.Value
		line := fmt.Sprint(s.ID, " ", s.Split, " ", s.Labels)
		for _, f := range s.Files {
			line += " " + filepath.Base(f.Name)
		}
		k.keys = append(k.keys, line)
		return s, nil
	})
	flow.To(got, flow.Stage{Name: "sink"}, &keep[*data.Sample]{})
	err = g.Run(t.Context())
	return append(k.keys, samples...), err
}

func TestRowsOfSeveralTables(t *testing.T) {
	dir := t.TempDir()
	foldertest.Fill(t, dir, map[string]string{"a.csv": "Id,Target\nb,1\na,2 0\n", "b.csv": "Id,Target\nc,\n", "twice.csv": "Id,Target\nd,1\na,1\n", "none.csv": "Id\nx\n"})
	path := func(names ...string) component.Args {
		for i := range names {
			names[i] = filepath.Join(dir, names[i])
		}
		return component.Args{"tables": names}
	}
	got, err := all(t, "rows", path("a.csv", "b.csv"))
	if want := []string{"b  1", "a  0 2", "c  "}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	for table, want := range map[string]string{
		"twice.csv": "a stands both in " + dir + "/a.csv and in " + dir + "/twice.csv",
		"none.csv":  dir + "/none.csv:1: no column Target",
		"gone.csv":  "no such file",
	} {
		if _, err := all(t, "rows", path("a.csv", table)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", table, err)
		}
	}
}

func TestImageSets(t *testing.T) {
	dir := t.TempDir()
	foldertest.Fill(t, dir, map[string]string{
		"train.csv": "Id,Target\nb,1\na,2\nlost,3\n", "external.csv": "Id,Target\n1_A,4\na,5\n", "sample_submission.csv": "Id,Predicted\nt,0\n",
		"raw/train/a_green.png": "", "raw/train/b_green.tif": "", "raw/train/b_red.png": "", "raw/train/.lost_green.png": "", "raw/train/lost_green.txt": "",
		"raw/external/1_A_green.jpg": "", "raw/external/a_green.png": "", "raw/test/t_green.png": "", "raw/test/unlisted_green.png": "",
	})
	got, err := all(t, "image_sets", component.Args{"data": dir})
	want := []string{
		"b train 1 b_green.tif", "a train 2 a_green.png", "1_A external 4 1_A_green.jpg", "t test  t_green.png",
		"lost: skipped, the green image is missing", "a: stands both in the train set and in the external set",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	got, err = all(t, "image_sets", component.Args{"data": dir, "sets": []string{"train"}, "channel": "red"})
	if want := []string{"b train 1 b_red.png", "a: skipped, the red image is missing", "lost: skipped, the red image is missing"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := all(t, "image_sets", component.Args{"data": dir, "channel": "blue"}); err == nil || !strings.Contains(err.Error(), "has no blue image of any sample in train.csv") {
		t.Error(err)
	}
	os.RemoveAll(filepath.Join(dir, "raw", "external"))
	if _, err := all(t, "image_sets", component.Args{"data": dir}); err == nil || !strings.Contains(err.Error(), "the external set: ") || !strings.HasSuffix(err.Error(), "it can be left out of the sets") {
		t.Error(err)
	}
}
