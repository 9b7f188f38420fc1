package configs_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells"
	"hpaflow/data/codec"
	"hpaflow/data/pixel"
	"hpaflow/data/table"
	"hpaflow/flow"
)

// plateJPEG is a channel image as the server has it: in colours, and larger
// than what is asked for.
func plateJPEG(t *testing.T, seed uint64, colour int) []byte {
	t.Helper()
	field, err := cells.Field(seed, 80, data.LabelsOf(0))
	if err != nil {
		t.Fatal(err)
	}
	im := image.NewRGBA(image.Rect(0, 0, field.Width, field.Height))
	for i, v := range field.Planes[colour].U8 {
		c := color.RGBA{A: 255}
		*[]*uint8{&c.R, &c.G, &c.B, &c.R}[colour] = v
		if colour == 3 {
			c.G = v
		}
		im.SetRGBA(i%field.Width, i/field.Width, c)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claiming is a JPEG whose header claims another size.
func claiming(b []byte, width, height uint16) []byte {
	b = bytes.Clone(b)
	frame := bytes.Index(b, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(b[frame+5:], height)
	binary.BigEndian.PutUint16(b[frame+7:], width)
	return b
}

// misbehaving serves plates, but many of its answers are wrong. It counts what
// it is asked for.
type misbehaving struct {
	files  map[string][]byte           // by path
	faults map[string]http.HandlerFunc // by path: for ever
	once   map[string]http.HandlerFunc // by path: the first time

	mu    sync.Mutex
	asked map[string]int
}

func (s *misbehaving) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Clean(r.URL.Path)
	s.mu.Lock()
	s.asked[name]++
	serve := s.faults[name]
	if serve == nil && s.asked[name] == 1 {
		serve = s.once[name]
	}
	file, known := s.files[strings.TrimPrefix(name, "/moved")]
	s.mu.Unlock()
	switch {
	case serve != nil:
		serve(w, r)
	case !known:
		http.NotFound(w, r)
	default:
		w.Write(file)
	}
}

func (s *misbehaving) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = map[string]int{}
}

func breakOff(body []byte, claimed int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, buffer, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(buffer, "HTTP/1.1 200 OK\r\n")
		if claimed > 0 {
			fmt.Fprintf(buffer, "Content-Length: %d\r\n", claimed)
		}
		fmt.Fprintf(buffer, "Connection: close\r\n\r\n%s", body)
		buffer.Flush()
		conn.Close()
	}
}

func page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, "<!DOCTYPE html><title>busy</title>")
}

func serving(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }
}

// TestDownload runs the flow against a server that fails in every way known,
// and then again when the server has come to its senses.
func TestDownload(t *testing.T) {
	const samples, size = 10, 32
	server := &misbehaving{files: map[string][]byte{}, faults: map[string]http.HandlerFunc{}, once: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	var rows []table.Row
	for i := range samples {
		rows = append(rows, table.Row{ID: fmt.Sprintf("10%d_1610_C1_%d", i, i), Labels: data.LabelsOf(i), Labeled: true})
		for c, colour := range data.Colours {
			server.files[fmt.Sprintf("/images/10%d/1610_C1_%d_%s.jpg", i, i, colour)] = plateJPEG(t, uint64(i+1), c)
		}
	}
	file := func(i int, colour string) string { return fmt.Sprintf("/images/10%d/1610_C1_%d_%s.jpg", i, i, colour) }
	whole := server.files[file(6, "blue")]
	server.once[file(1, "red")] = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", 500) }
	server.once[file(1, "green")] = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() } // stalls
	server.once[file(2, "red")] = breakOff(server.files[file(2, "red")][:500], 4000)                      // truncated
	server.once[file(2, "blue")] = breakOff(server.files[file(2, "blue")][:500], 0)                       // and no length to tell by
	server.once[file(3, "green")] = page
	server.once[file(3, "yellow")] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "0")
		http.Error(w, "", http.StatusTooManyRequests)
	}
	server.faults[file(4, "red")] = func(w http.ResponseWriter, r *http.Request) { // redirects
		http.Redirect(w, r, "/moved"+r.URL.Path, http.StatusFound)
	}
	server.faults[file(5, "yellow")] = page
	server.faults[file(6, "blue")] = serving(claiming(whole, 60000, 60000))
	server.faults[file(6, "red")] = func(w http.ResponseWriter, _ *http.Request) { // too large
		w.Header().Set("Content-Length", "5000000000")
		w.Write(whole)
	}
	corrupt := bytes.Clone(server.files[file(7, "green")])
	copy(corrupt[len(corrupt)/2:], bytes.Repeat([]byte{0xff, 0xc4}, 30)) // both ends are right
	server.faults[file(7, "green")] = serving(corrupt)
	for _, colour := range data.Colours {
		server.faults[file(8, colour)] = http.NotFound
	}
	// By sample: the channels that cannot be had, and why.
	failures := map[int]map[string]string{
		5: {"yellow": "the answer is a page of text, not a JPEG image (3 tries)"},
		6: {"blue": "claims 60000 x 60000 pixels; at most 67108864 are decoded", "red": "the file is larger than the limit: 5000000000 bytes of at most 1048576"},
		7: {"green": "jpeg: "},
		8: {"red": "the server says 404 Not Found", "green": "404", "blue": "404", "yellow": "404"},
	}
	rows = append(rows, table.Row{ID: "plateless", Labels: data.LabelsOf(0), Labeled: true})

	web := httptest.NewServer(server)
	defer web.Close()
	dir := t.TempDir()
	list, letters := filepath.Join(dir, "list.csv"), filepath.Join(dir, "failed.jsonl")
	raw, rgby, external := filepath.Join(dir, "raw"), filepath.Join(dir, "rgby"), filepath.Join(dir, "external.csv")
	if err := table.Write(list, rows); err != nil {
		t.Fatal(err)
	}
	download := func(note string) flow.Stats {
		t.Helper()
		stats, said, err := changed(t, "", "download.flow", "table="+list, "output="+raw, "rgby="+rgby, "external="+external,
			"base_url="+web.URL+"/images/", fmt.Sprint("size=", size), "workers=4", "tries=3", "wait=5ms", "idle=200ms",
			"max_bytes=1MiB", "dead_letters="+letters)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(said, note) {
			t.Errorf("the run said %q, want %q", said, note)
		}
		return stats
	}
	check := func(failures map[int]map[string]string, dead int) {
		t.Helper()
		wantRaw, wantRGBY, wantRows := map[string]bool{}, map[string]bool{}, []string{}
		for i := range samples {
			id := rows[i].ID
			for c, colour := range data.Colours {
				if failures[i][colour] != "" {
					continue
				}
				name := id + "_" + colour + ".png"
				wantRaw[name] = true
				want := codecGrey(t, server.files[file(i, data.Colours[c])], size)
				if got, err := codec.Decode(name, mustRead(t, filepath.Join(raw, name))); err != nil || !bytes.Equal(got.Planes[0].U8, want) {
					t.Errorf("%s: %v, or other pixels", name, err)
				}
			}
			if len(failures[i]) == 0 {
				wantRGBY[id+".png"] = true
				wantRows = append(wantRows, id)
			}
		}
		for folder, want := range map[string]map[string]bool{raw: wantRaw, rgby: wantRGBY} {
			if got := foldertest.Results(t, folder); !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
				t.Errorf("%s holds %v, want %v", folder, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
		}
		got, err := table.Read(external, 28)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range got {
			if i >= len(wantRows) || r.ID != wantRows[i] || r.Labels.Len() != 1 {
				t.Errorf("row %d of the table is %v", i, r)
			}
		}
		causes := deadLetters(t, letters)
		if len(got) != len(wantRows) || len(causes) != dead {
			t.Errorf("%d rows, want %d; %d dead letters, want %d", len(got), len(wantRows), len(causes), dead)
		}
		for i, channels := range failures {
			for colour, cause := range channels {
				if told := causes[rows[i].ID]; !strings.Contains(told, colour+": "+web.URL+file(i, colour)+": ") || !strings.Contains(told, cause) {
					t.Errorf("%s %s: the letter says %q", rows[i].ID, colour, told)
				}
			}
		}
		if causes["plateless"] != "is no Id of the form PLATE_REST" {
			t.Errorf("plateless: %q", causes["plateless"])
		}
	}

	if stats := download("external: external.csv has 6 of 11 rows; the images of the others are missing\n"); stats.DeadLetters != 5 {
		t.Errorf("%d dead letters", stats.DeadLetters)
	}
	check(failures, 5)

	// Nothing that is there is asked for again.
	server.reset()
	server.faults = map[string]http.HandlerFunc{file(8, "red"): http.NotFound}
	download("external: external.csv has 9 of 11 rows; the images of the others are missing\n")
	check(map[int]map[string]string{8: {"red": "404"}}, 2)
	asked := slices.Sorted(maps.Keys(server.asked))
	var want []string
	for i, channels := range failures {
		for colour := range channels {
			want = append(want, file(i, colour))
		}
	}
	slices.Sort(want)
	if !slices.Equal(asked, want) {
		t.Errorf("the second run asked for %v, want %v", asked, want)
	}
}

// codecGrey is what the pixels of a file should become.
func codecGrey(t *testing.T, b []byte, size int) []uint8 {
	t.Helper()
	im, err := codec.DecodeChannels(".jpg", b)
	if err != nil {
		t.Fatal(err)
	}
	return codec.Grey(pixel.Resample(im, size, size, pixel.Lanczos)).Planes[0].U8
}

// deadLetters reads causes by key.
func deadLetters(t *testing.T, path string) map[string]string {
	t.Helper()
	causes := map[string]string{}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		var letter struct{ Key, Cause string }
		if err := json.Unmarshal([]byte(line), &letter); err != nil {
			t.Fatal(err)
		}
		causes[letter.Key] = letter.Cause
	}
	return causes
}

// A server that is down ends the run, rather than every file in turn.
func TestDownloadGivesUpOnADeadServer(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	web.Close()
	dir := t.TempDir()
	var rows []table.Row
	for i := range 500 {
		rows = append(rows, table.Row{ID: fmt.Sprintf("1_A_%d", i), Labeled: true})
	}
	list := filepath.Join(dir, "list.csv")
	if err := table.Write(list, rows); err != nil {
		t.Fatal(err)
	}
	stats, err := run(t, "download.flow", flow.Options{}, "table="+list, "output="+dir+"/raw", "rgby="+dir+"/rgby",
		"external="+dir+"/external.csv", "base_url="+web.URL, "workers=2", "tries=2", "wait=1ms", "dead_letters="+dir+"/failed.jsonl")
	if err == nil || !strings.Contains(err.Error(), "download: 24 samples in a row got no answer; the last, ") ||
		!strings.Contains(err.Error(), "connection refused (2 tries)") {
		t.Errorf("the run ended with %v", err)
	}
	if stats.DeadLetters != 23 {
		t.Errorf("%d dead letters, want those of the samples before", stats.DeadLetters)
	}
	if _, err := os.Stat(filepath.Join(dir, "external.csv")); err == nil {
		t.Error("there is a table all the same")
	}
}
