package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"math/bits"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/cmd/hpaflow/live"
	"hpaflow/cmd/hpaflow/view/inputs"
	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/corrections"
	"hpaflow/data/shards"
	"hpaflow/flow/component"
	"hpaflow/sources"
)

// golden spreads numbers over 64 bits, so that hashes made by it are far apart.
const golden = 0x9e3779b97f4a7c15

// hostile is a name that would be markup, in a note or as a label's.
const hostile = "<img src=x onerror=alert(1)>\"'\u202e"

// ids are those of the samples that tests look at: folder and shards have them in turn.
// The last is as bad as an Id may be.
func ids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("1010_%d_A%d_1", 10+i, i%12+1)
	}
	list[n-1] = "1010_33_<svg&onload=alert(1)>\"'`${1}\u202e"
	return list
}

// field is an Id in a CSV file.
func field(id string) string { return `"` + strings.ReplaceAll(id, `"`, `""`) + `"` }

// picture is planes of a known ramp: plane p of pixel x,y has x*step + p.
func picture(side, planes, depth int) *data.Image {
	im := data.NewImage(side, side, planes, depth)
	for p := range planes {
		for i := range side * side {
			if depth == 8 {
				im.Planes[p].U8[i] = uint8(i%side*255/side + p)
			} else {
				im.Planes[p].U16[i] = uint16(i%side*60000/side + p)
			}
		}
	}
	return im
}

// workplace makes shards, a folder of RGBY PNGs, tables, groups and letters.
func workplace(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	file := func(name, text string) {
		t.Helper()
		must(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
		must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	all := ids(24)
	must(os.MkdirAll(filepath.Join(dir, "rgby"), 0o777))
	w, err := shards.Create(filepath.Join(dir, "shards"), shards.Planes, shards.Options{})
	must(err)
	for i, id := range all {
		if i < 12 {
			s := &data.Sample{ID: id, Image: picture(64, 4, 16), Labels: data.LabelsOf(i % 5), Labeled: true, Split: "train"}
			frame, err := shards.EncodeSample(s, shards.Huffman)
			must(err)
			must(w.Add(frame))
		} else if i < 22 {
			var b bytes.Buffer
			must(codec.EncodeRGBY(&b, picture(64, 4, 8)))
			file("rgby/"+id+".png", b.String())
		}
	}
	must(w.Commit())
	file("rgby/"+all[22]+".png", "\x89PNG\r\n\x1a\nno picture")
	var train, probabilities, hashes strings.Builder
	fmt.Fprint(&train, "Id,Target,Split\n")
	fmt.Fprint(&probabilities, "Id")
	for n := range 28 {
		fmt.Fprintf(&probabilities, ",P%02d", n)
	}
	fmt.Fprint(&hashes, "Id,Bytes,ahash,phash\n")
	fmt.Fprint(&probabilities, "\n")
	for i, id := range all {
		fmt.Fprintf(&train, "%s,%d %d,%s\n", field(id), i%5, 7+i%3, []string{"train", "val"}[i%2])
		fmt.Fprint(&probabilities, field(id))
		for n := range 28 {
			fmt.Fprintf(&probabilities, ",%.4f", float64((i*31+n*17)%97)/97)
		}
		fmt.Fprint(&probabilities, "\n")
		fmt.Fprintf(&hashes, "%s,100,%016x,%016x\n", field(id), uint64(i)*golden, uint64(i)*0xbf58476d1ce4e5b9)
	}
	file("train.csv", train.String())
	file("first.csv", probabilities.String())
	file("hashes.csv", hashes.String())
	file("thresholds.csv", "label,name,threshold\n0,Nucleoplasm,0.25\n")
	file("duplicates.csv", fmt.Sprintf("hash,Ids,Target\n0000000000000001,%s %s %s,1\n", all[0], all[1], all[13]))
	letter, err := json.Marshal(map[string]string{"key": all[23], "stage": "decode", "cause": "red plane: " + hostile, "time": "2026-01-02T03:04:05Z"})
	must(err)
	file("failed.jsonl", string(letter)+"\n")
	file("nothing.txt", "this is nothing\n")
	return dir
}

// served is a server of paths, all read, and a client that has its token.
type served struct {
	*server
	url    string
	client *http.Client
}

func serve(t testing.TB, file string, paths ...string) served {
	t.Helper()
	found, err := inputs.Find(t.Context(), paths)
	if err != nil {
		t.Fatal(err)
	}
	reg := &component.Registry{}
	sources.Register(reg, strings.NewReader(""))
	s, err := newServer(options{Found: found, Registry: reg, Classes: 28, Names: data.LabelNames, Corrections: file, Cache: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	s.load(t.Context())
	server := httptest.NewServer(live.OnlyHosts(":0", s.handler()))
	t.Cleanup(func() { server.Close(); s.close() })
	jar, _ := cookiejar.New(nil)
	v := served{s, server.URL, &http.Client{Jar: jar}}
	v.get(t, "/?token="+s.token)
	return v
}

func (v served) do(t testing.TB, r *http.Request) (code int, body []byte) {
	t.Helper()
	answer, err := v.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err = io.ReadAll(answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body
}

func (v served) get(t testing.TB, path string) []byte {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	code, body := v.do(t, r)
	if code != http.StatusOK {
		t.Fatalf("%s: %d, %s", path, code, body)
	}
	return body
}

func (v served) json(t testing.TB, path string, into any) {
	t.Helper()
	if err := json.Unmarshal(v.get(t, path), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func (v served) correct(t testing.TB, body string) (code int, answer []byte) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, v.url+"/api/correct", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return v.do(t, r)
}

// All that is in a folder is found, read and joined.
func TestWhatIsFound(t *testing.T) {
	v := serve(t, filepath.Join(t.TempDir(), "c.csv"), workplace(t))
	var a struct {
		Rows   int
		Inputs []struct {
			Name, Kind, Note string
			Failed           bool
		}
	}
	v.json(t, "/api/about", &a)
	kinds := map[string]int{}
	for _, in := range a.Inputs {
		kinds[in.Kind]++
		if in.Failed {
			t.Errorf("%s: %s", in.Name, in.Note)
		}
	}
	for _, kind := range []string{"shards", "images", "labels", "probabilities", "thresholds", "duplicates", "hashes", "dead letters"} {
		if kinds[kind] != 1 {
			t.Errorf("%d inputs are %s", kinds[kind], kind)
		}
	}
	if a.Rows != 24 || len(a.Inputs) != 8 {
		t.Errorf("%d samples, %+v", a.Rows, a.Inputs)
	}
	var s struct {
		ID     string
		Labels []int
		Tables []struct{ P []float64 }
		Groups []struct{ Members []struct{ ADistance int } }
		Where  []string
	}
	v.json(t, "/api/sample?id="+ids(24)[1], &s)
	if len(s.Labels) != 1 || len(s.Tables) != 1 || len(s.Tables[0].P) != 28 || len(s.Groups) != 1 || len(s.Groups[0].Members) != 3 || s.Groups[0].Members[1].ADistance != bits.OnesCount64(golden) || len(s.Where) != 1 {
		t.Errorf("%+v", s)
	}
	var c struct {
		Counts struct{ Flags map[string]int }
	}
	v.json(t, "/api/counts", &c)
	if f := c.Counts.Flags; f["image"] != 23 || f["dead"] != 1 || f["grouped"] != 3 {
		t.Errorf("%v", f)
	}
}

// A plane that is off is dark, and a ramp of 16 bits keeps its order.
func TestTiles(t *testing.T) {
	v := serve(t, filepath.Join(t.TempDir(), "c.csv"), workplace(t))
	im, err := png.Decode(bytes.NewReader(v.get(t, "/tile?row=0&side=64&look="+url.QueryEscape("red,ffffff,0,100,1;green,off;blue,off;yellow,off"))))
	if err != nil {
		t.Fatal(err)
	}
	before, rises := -1, 0
	for x := range im.Bounds().Dx() {
		r, g, b, _ := im.At(x, 30).RGBA()
		if int(r) < before || r != g || g != b {
			t.Fatalf("at %d the ramp is %d, %d, %d behind %d", x, r, g, b, before)
		}
		if int(r) > before {
			rises++
		}
		before = int(r)
	}
	if rises < 50 || before < 0xf000 {
		t.Errorf("the ramp rises %d times, to %d", rises, before)
	}
	if im, err = png.Decode(bytes.NewReader(v.get(t, "/tile?row=0&side=64&look="+url.QueryEscape("red,off;green,off;blue,off;yellow,off")))); err != nil {
		t.Fatal(err)
	}
	for x := range im.Bounds().Dx() {
		if r, g, b, _ := im.At(x, 30).RGBA(); r|g|b != 0 {
			t.Fatalf("at %d there is light without a plane", x)
		}
	}
	pixels := v.get(t, "/api/pixels?row=0&x=3&y=5&w=2&h=1")
	if values := pixels[len(pixels)-16:]; values[0] != 0xfc || values[1] != 0x0a || values[4] != 0xfd { // 3*60000/64, and one more in green
		t.Errorf("the pixels are % x", values)
	}
}

// A correction is kept, seen and undone, and what it holds is only text.
func TestCorrections(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.csv")
	dir := workplace(t)
	v, other := serve(t, file, dir), serve(t, file, dir)
	id := ids(24)[2]
	if _, err := os.Stat(file); err == nil {
		t.Error("the file is there before anything is corrected")
	}
	code, body := v.correct(t, fmt.Sprintf(`{"id": %q, "add": [9], "drop": [2], "note": %q}`, id, "="+hostile+"\n,x"))
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	var made struct{ Time string }
	if err := json.Unmarshal(body, &made); err != nil {
		t.Fatal(err)
	}
	if code, body := other.correct(t, fmt.Sprintf(`{"id": %q, "flag": true}`, id)); code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	v.get(t, "/api/about") // looks at the file
	var s struct {
		Labels, Before []int
		Flagged        bool
		Note           string
	}
	v.json(t, "/api/sample?id="+id, &s)
	if fmt.Sprint(s.Labels, s.Before, s.Flagged, s.Note) != fmt.Sprint([]int{9}, []int{2}, true, "="+hostile+" ,x") {
		t.Errorf("%+v", s)
	}
	if code, body := v.correct(t, fmt.Sprintf(`{"id": %q, "undo": %q}`, id, made.Time)); code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	v.json(t, "/api/sample?id="+id, &s)
	if fmt.Sprint(s.Labels, s.Flagged, s.Note) != fmt.Sprint([]int{2}, true, "") {
		t.Errorf("undone: %+v", s)
	}
	l, err := corrections.Read(file, 28, 0)
	if err != nil || len(l.Changes) != 3 {
		t.Errorf("%v, %v", l, err)
	}
	for _, body := range []string{`{"id": "nobody", "flag": true}`, `{"id": "` + id + `", "add": [28]}`, `{"id": "` + id + `", "path": "/etc"}`, `{`, `{"id": "` + id + `", "add": [3], "drop": [3]}`} {
		if code, answer := v.correct(t, body); code < 400 {
			t.Errorf("%s: %d %s", body, code, answer)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("beside the file there is something else: %v, %v", entries, err)
	}
}

// Nobody else gets in.
func TestWhoIsLetIn(t *testing.T) {
	v := serve(t, filepath.Join(t.TempDir(), "c.csv"), workplace(t))
	cookie := func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: cookieName(r.Host), Value: v.token})
	}
	for name, c := range map[string]struct {
		path, method string
		change       func(*http.Request)
		want         int
	}{
		"the token":             {path: "/api/about", change: cookie, want: 200},
		"no token":              {path: "/api/about", want: 403},
		"no token at the door":  {path: "/", want: 403},
		"a wrong token":         {path: "/?token=" + strings.Repeat("A", 26), want: 403},
		"the token elsewhere":   {path: "/api/about?token=" + v.token, want: 403},
		"a foreign host":        {path: "/api/about", change: func(r *http.Request) { cookie(r); r.Host = "evil.example" }, want: 421},
		"another site":          {path: "/tile?row=0", change: func(r *http.Request) { cookie(r); r.Header.Set("Sec-Fetch-Site", "cross-site") }, want: 403},
		"another site's POST":   {path: "/api/correct", method: "POST", change: func(r *http.Request) { cookie(r); r.Header.Set("Origin", "http://evil.example") }, want: 403},
		"a form's POST":         {path: "/api/correct", method: "POST", change: func(r *http.Request) { cookie(r); r.Header.Set("Content-Type", "text/plain") }, want: 400},
		"a path that climbs":    {path: "/page/../../../etc/passwd", change: cookie, want: 404},
		"an encoded one":        {path: "/page/..%2f..%2fpage.go", change: cookie, want: 404},
		"the source":            {path: "/page/page.go", change: cookie, want: 404},
		"a row that is not":     {path: "/tile?row=99", change: cookie, want: 400},
		"a row that is none":    {path: "/tile?row=../1", change: cookie, want: 400},
		"a look that is none":   {path: "/tile?row=0&look=red,zz", change: cookie, want: 400},
		"a bad picture":         {path: "/tile?row=22", change: cookie, want: 200},
		"too many rows":         {path: "/api/select?count=1000000", change: cookie, want: 400},
		"another method":        {path: "/api/about", method: "DELETE", change: cookie, want: 405},
		"a question of nothing": {path: "/api/select?verdict=fp:1&table=77", change: cookie, want: 400},
	} {
		r, err := http.NewRequest(c.method, v.url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.change != nil {
			c.change(r)
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusMovedPermanently || answer.StatusCode == http.StatusTemporaryRedirect { // of a path that was cleaned
			answer.StatusCode = http.StatusNotFound
		}
		if answer.StatusCode != c.want {
			t.Errorf("%s: %s, want %d", name, answer.Status, c.want)
		}
		if c.want != 421 && !strings.Contains(answer.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: no policy", name)
		}
	}
}

func TestFindRefuses(t *testing.T) {
	dir := workplace(t)
	for path, want := range map[string]string{
		filepath.Join(dir, "nothing.txt"): "is nothing that can be shown",
		filepath.Join(dir, "absent"):      "no such file",
		t.TempDir():                       "holds nothing that can be shown",
	} {
		if _, err := inputs.Find(t.Context(), []string{path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
