package compare

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hpaflow/cmd/hpaflow/browsertest"
)

// some are runs of many lengths, one with a name that is markup.
func some(n int) (runs []*run) {
	for i := range n {
		r := &run{Dir: fmt.Sprintf("results/run_%d", i), Model: "resnet18", Samples: 1000, Epoch: time.Duration(i) * 41 * time.Second}
		for e := range 3 + 4*i {
			loss := 0.3 / float64(e+i+1)
			r.Epochs = append(r.Epochs, epoch{e, loss, 1.2 * loss, 1 - 2*loss, 1 - loss})
		}
		r.Settings = []setting{{"lr", "op train step", fmt.Sprint(i)}, {"size", "op augment aug", "64"}, {"size", "op batch batch", fmt.Sprint(8 * i)}, {"dir", "sink metrics metrics", r.Dir}}
		runs = append(runs, r)
	}
	runs[n-1].Dir = "results/a_<b>run_with_a_rather_long_name_of_its_own"
	runs[n-1].Settings[3].Value = runs[n-1].Dir
	named(runs)
	return runs
}

func TestNamed(t *testing.T) {
	runs := []*run{{Dir: "a/x"}, {Dir: "b/x"}, {Dir: "./a/x/"}, {Dir: "y"}}
	named(runs[:2])
	if runs[0].Name != "a/x" || runs[1].Name != "b/x" {
		t.Errorf("%s, %s", runs[0].Name, runs[1].Name)
	}
	named(runs) // two are the same folder
	if runs[2].Name != "a/x" || !strings.HasSuffix(runs[3].Name, "y") {
		t.Errorf("%s, %s", runs[2].Name, runs[3].Name)
	}
}

// Where a run writes is no difference; the same field of two blocks is told apart.
func TestDifferences(t *testing.T) {
	var out bytes.Buffer
	if err := table(&out, some(3)); err != nil {
		t.Fatal(err)
	}
	_, settings, _ := strings.Cut(out.String(), "settings that differ\n")
	if strings.Contains(settings, "dir") || strings.Contains(settings, "64") || !strings.Contains(settings, "size") || !strings.Contains(settings, "lr") {
		t.Errorf("settings that differ:\n%s", settings)
	}
	for value, want := range map[string]string{"results/r": "RUN", "results/r/policy.json": "RUN/policy.json", "results/other": "results/other", "adam": "adam", "": "", "r/x": "r/x"} {
		if got := own(value, "results/r"); got != want {
			t.Errorf("%q is %q, want %q", value, got, want)
		}
	}
	if got := own("demo/results/r/policy.json", "/elsewhere/demo/results/r"); got != "RUN/policy.json" {
		t.Errorf("from another working folder: %s", got)
	}
}

// The page shows every run in every chart, and is laid out at all widths.
func TestPage(t *testing.T) {
	var page bytes.Buffer
	if err := writePage(&page, some(7)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(page.String(), "<polyline"); n != 4*7 {
		t.Errorf("%d curves", n)
	}
	if strings.Contains(page.String(), "<b>run") {
		t.Error("a name is taken for markup")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
			w.Write(page.Bytes())
		}
	}))
	defer server.Close()
	p := browsertest.Open(t, server.URL)
	if text := p.Text("tr.best"); !strings.Contains(text, "highest F1") || !strings.Contains(text, "a_<b>run_with") {
		t.Errorf("the best run is %q", text)
	}
	p.Check(t, "compare")
}
