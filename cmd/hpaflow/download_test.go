package main

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
)

// plates serves the same small image under every name, slowly, and keeps count.
type plates struct {
	body []byte

	mu    sync.Mutex
	asked map[string]int // by ID_CHANNEL
}

func (p *plates) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimSuffix(strings.ReplaceAll(strings.TrimPrefix(r.URL.Path, "/"), "/", "_"), ".jpg")
	p.mu.Lock()
	p.asked[id]++
	p.mu.Unlock()
	time.Sleep(3 * time.Millisecond)
	w.Write(p.body)
}

// take gives what was asked for since the last call.
func (p *plates) take() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked
	p.asked = map[string]int{}
	return asked
}

// TestKilledDownloadsGetOnlyWhatIsMissing kills a download over and over. No
// run asks for a file that was there when it began, and in the end all is as
// an undisturbed run leaves it.
func TestKilledDownloadsGetOnlyWhatIsMissing(t *testing.T) {
	if raced {
		t.Skip("nothing that is killed tells of races")
	}
	const samples = 60
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 40)), nil); err != nil {
		t.Fatal(err)
	}
	server := &plates{body: b.Bytes(), asked: map[string]int{}}
	web := httptest.NewServer(server)
	defer web.Close()

	hpaflow, list := program(t), filepath.Join(t.TempDir(), "list.csv")
	text := "Id,Target\n"
	for i := range samples {
		text += fmt.Sprintf("7_A_%d,%d\n", i, i%28)
	}
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := func(dir string) *exec.Cmd {
		return exec.Command(hpaflow, "run", "../../configs/download.flow", "--progress", "none", "--set", "table="+list,
			"--set", "output="+dir+"/raw", "--set", "rgby="+dir+"/rgby", "--set", "external="+dir+"/external.csv",
			"--set", "dead_letters="+dir+"/failed.jsonl", "--set", "base_url="+web.URL, "--set", "size=24", "--set", "workers=2")
	}
	whole, dir := t.TempDir(), t.TempDir()
	if out, err := command(whole).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := len(server.take()); n != samples*len(data.Colours) {
		t.Fatalf("a whole run asked for %d files", n)
	}

	raw := filepath.Join(dir, "raw")
	if err := os.Mkdir(raw, 0o755); err != nil {
		t.Fatal(err)
	}
	kills, partly := 0, 0
	for delay := 60 * time.Millisecond; ; delay += 15 * time.Millisecond {
		before := foldertest.Read(t, raw)
		var stderr bytes.Buffer
		c := command(dir)
		c.Stderr = &stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(delay, func() { c.Process.Kill() })
		err := c.Wait()
		for id, n := range server.take() {
			if _, there := before[id+".png"]; there || n != 1 {
				t.Fatalf("after %d kills: %s was asked for %d times; there before: %v", kills, id, n, there)
			}
		}
		if err == nil {
			break
		}
		if c.ProcessState.Exited() {
			t.Fatalf("after %d kills: %v\n%s", kills, err, stderr.Bytes())
		}
		kills++
		if len(before) > 0 {
			partly++
		}
	}
	if partly == 0 {
		t.Fatalf("none of %d kills came in the middle of the work", kills)
	}
	for _, folder := range []string{"raw", "rgby"} {
		want, got := foldertest.Read(t, filepath.Join(whole, folder)), foldertest.Read(t, filepath.Join(dir, folder))
		if !maps.Equal(want, got) {
			t.Errorf("%s: %d files after %d kills, want %d; or their bytes differ", folder, len(got), kills, len(want))
		}
	}
	if got, err := os.ReadFile(filepath.Join(dir, "external.csv")); err != nil || string(got) != text {
		t.Errorf("external.csv: %v\n%s", err, got)
	}
	t.Logf("%d kills, %d of them with output there", kills, partly)
}
