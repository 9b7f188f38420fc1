package configs_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells"
	"hpaflow/data/codec"
	"hpaflow/data/codec/ometiff"
	"hpaflow/flow"
)

// plane16 is a channel of a sample in 16 bits.
func plane16(t *testing.T, seed uint64, channel int) *data.Image {
	t.Helper()
	field, err := cells.Field(seed, 48, data.LabelsOf(0))
	if err != nil {
		t.Fatal(err)
	}
	im := data.NewImage(field.Width, field.Height, 1, 16)
	for i, v := range field.Planes[channel].U8 {
		im.Planes[0].U16[i] = uint16(v)<<8 | uint16(i)&0xff
	}
	return im
}

// tiffOf is a plane as a TIFF.
func tiffOf(t *testing.T, im *data.Image) []byte {
	t.Helper()
	b, err := ometiff.Append(nil, im, ometiff.Options{Compression: ometiff.Deflate})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// atlas is the server of the Atlas' images, as people find it: a name with its mark
// is not there without it, or the other way round; what is not there is answered by
// a page, with 200; TIFFs of withdrawn antibodies by a way to another page, and 400.
type atlas struct {
	misbehaving
	tiffs map[string]*data.Image // by ID_CHANNEL
}

const mark = "_cr5af971a263864"

func (a *atlas) put(t *testing.T, id, tiffName, jpegName string, seed uint64) {
	for c, colour := range data.Colours {
		if tiffName != "" {
			im := plane16(t, seed, c)
			a.tiffs[id+"_"+colour] = im
			a.files["/"+tiffName+"_"+colour+".tif.gz"] = gzipped(tiffOf(t, im))
		}
		if jpegName != "" {
			a.files["/"+jpegName+"_"+colour+".jpg"] = plateJPEG(t, seed, c)
		}
	}
}

func newAtlas(t *testing.T) (*atlas, string) {
	a := &atlas{misbehaving{files: map[string][]byte{}, faults: map[string]http.HandlerFunc{}, once: map[string]http.HandlerFunc{}, asked: map[string]int{}}, map[string]*data.Image{}}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path
		switch {
		case name == "/download_file.php":
			http.Error(w, "", http.StatusBadRequest)
		case a.files[name] != nil || a.faults[name] != nil:
			a.ServeHTTP(w, r)
		case strings.HasSuffix(name, ".tif.gz") && strings.HasPrefix(name, "/36770/"):
			a.note(name)
			http.Redirect(w, r, "/download_file.php?filename="+name, http.StatusFound)
		case strings.HasSuffix(name, ".jpg"):
			a.note(name)
			page(w, r)
		default:
			a.note(name)
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(web.Close)
	return a, web.URL
}

func (a *atlas) note(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked[name]++
}

// runNoted is a run of hpa-images.flow, and what it says.
func runNoted(t *testing.T, sets ...string) (notes []string, stats flow.Stats) {
	t.Helper()
	g, err := build("hpa-images.flow", flow.Options{}, sets...)
	if err != nil {
		t.Fatal(err)
	}
	g.Notify(flow.Events{Noted: func(stage, text string) { notes = append(notes, stage+": "+text) }})
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return notes, g.Stats()
}

// TestHPAImages gets images from a server that lies as the Atlas' does, and then
// what was missing once it has come to its senses.
func TestHPAImages(t *testing.T) {
	server, url := newAtlas(t)
	server.put(t, "41_7_A1_1", "41/7_A1_1", "41/7_A1_1"+mark, 1) // each form where the other is not
	server.put(t, "41_7_A1_2", "41/7_A1_2"+mark, "", 2)          // the TIFF has the mark all the same
	server.put(t, "42_7_A1_3", "", "42/7_A1_3", 3)               // no TIFF, and the JPEG without the mark
	server.put(t, "36770_410_D12_1", "", "36770/410_D12_1", 4)   // withdrawn
	server.put(t, "43_7_A1_5", "43/7_A1_5", "43/7_A1_5", 5)
	server.put(t, "43_7_A1_6", "43/7_A1_6", "43/7_A1_6", 6)
	server.put(t, "43_7_A1_7", "43/7_A1_7", "43/7_A1_7", 7)
	server.put(t, "43_7_A1_8", "43/7_A1_8", "43/7_A1_8", 8)
	one := "/43/7_A1_5_red.tif.gz"
	server.once[one] = breakOff(server.files[one][:300], len(server.files[one]))
	server.once["/43/7_A1_5_green.tif.gz"] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "0")
		http.Error(w, "", http.StatusServiceUnavailable)
	}
	server.once["/43/7_A1_5_blue.tif.gz"] = breakOff(server.files["/43/7_A1_5_blue.tif.gz"][:300], 0)                 // and no length to tell by
	server.once["/43/7_A1_5_yellow.tif.gz"] = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }   // stalls
	server.files["/43/7_A1_6_red.tif.gz"] = gzipped(server.files["/43/7_A1_6_red.tif.gz"])                            // twice in gzip
	server.files["/43/7_A1_6_green.tif.gz"] = tiffOf(t, server.tiffs["43_7_A1_6_green"])                              // and not at all
	server.faults["/43/7_A1_7_blue.tif.gz"] = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", 500) } // busy for ever
	server.faults["/43/7_A1_8_blue.tif.gz"] = serving(gzipped(bytes.Repeat([]byte("II*\x00"), 1<<20)))                // a bomb
	rows := "Id,Target,Antibody,URL,Release,Licence\n"
	for i, id := range []string{"41/7_A1_1" + mark, "41/7_A1_2" + mark, "42/7_A1_3" + mark, "36770/410_D12_1", "43/7_A1_5", "43/7_A1_6", "43/7_A1_7", "43/7_A1_8", "44/7_A1_9", "30741/si28_H2_2"} {
		rows += fmt.Sprintf(",%d,HPA0%05d,http://images.proteinatlas.org/%s_blue_red_green.jpg,25,CC BY-SA 4.0\n", i, i, id)
	}
	dir := t.TempDir()
	list := foldertest.Put(t, "hpa.csv", rows)
	letters, images := filepath.Join(dir, "failed.jsonl"), filepath.Join(dir, "images.csv")
	raw, rgby := filepath.Join(dir, "raw"), filepath.Join(dir, "rgby")
	get := func(sets ...string) []string {
		t.Helper()
		notes, _ := runNoted(t, append(sets, "table="+list, "images="+images, "dead_letters="+letters, "base_url="+url, "tries=3", "wait=5ms", "idle=200ms", "max_bytes=1MiB", "workers=4")...)
		return notes
	}
	notes := strings.Join(get("raw="+raw, "rgby="+rgby), "\n")
	for _, want := range []string{
		"atlas: got 4 as TIF, of 16 bits; 2 as JPG, of 8 bits", "atlas: not there as tif, and taken as the next format: ",
		"atlas: of these the server answers as for withdrawn antibodies (400): 36770_410_D12_1",
		"atlas: passed over, of cells with the gene silenced (si...): 1, such as [http://images.proteinatlas.org/30741/si28_H2_2",
		"images.csv has 6 of 9 rows",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("it does not say %q:\n%s", want, notes)
		}
	}
	causes := deadLetters(t, letters)
	for id, want := range map[string]string{
		"43_7_A1_7": "blue: " + url + "/43/7_A1_7_blue.tif.gz: the server says 500 Internal Server Error (3 tries)",
		"43_7_A1_8": "blue: " + url + "/43/7_A1_8_blue.tif.gz: gzip: holds more than 1048576 bytes (3 tries)",
		"44_7_A1_9": "red: " + url + "/44/7_A1_9_red.tif.gz: the server says 404 Not Found; red: " + url + "/44/7_A1_9_red.jpg: the answer is a page of text, not a JPEG image",
	} {
		if causes[id] != want {
			t.Errorf("%s: %q, want %q", id, causes[id], want)
		}
	}
	if len(causes) != 3 {
		t.Errorf("%v", causes)
	}
	check := func(id string, depth int) {
		t.Helper()
		for c, colour := range data.Colours {
			got, err := codec.DecodeChannels(".png", mustRead(t, filepath.Join(raw, id+"_"+colour+".png")))
			if err != nil || len(got.Planes) != 1 || got.Depth() != depth {
				t.Errorf("%s %s: %v", id, colour, err)
				continue
			}
			whole, err := codec.DecodeRGBY(mustRead(t, filepath.Join(rgby, id+".png")))
			if err != nil || !bytes.Equal(whole.Planes[c].Raw(), got.Planes[0].Raw()) {
				t.Errorf("%s %s: the RGBY image has others (%v)", id, colour, err)
			}
			var want *data.Image
			if depth == 16 {
				want = server.tiffs[id+"_"+colour]
			} else {
				name := strings.Replace(id, "_", "/", 1) + "_" + colour + ".jpg"
				if want, err = codec.DecodeChannels(name, server.files["/"+name]); err != nil {
					t.Fatal(err)
				}
				want.Planes = want.Planes[[]int{0, 1, 2, 0}[c]:]
			}
			if !bytes.Equal(got.Planes[0].Raw(), want.Planes[0].Raw()) {
				t.Errorf("%s %s: other pixels", id, colour)
			}
		}
	}
	ids := map[string]int{"41_7_A1_1": 16, "41_7_A1_2": 16, "42_7_A1_3": 8, "36770_410_D12_1": 8, "43_7_A1_5": 16, "43_7_A1_6": 16}
	for id, depth := range ids {
		check(id, depth)
	}
	if got := foldertest.Results(t, raw); len(got) != 4*len(ids) {
		t.Errorf("%v", slices.Sorted(maps.Keys(got)))
	}
	table := string(mustRead(t, images))
	for _, want := range []string{
		"Id,Target,Gene,GeneName,Antibody,Reliability,CellLine,Locations,URL,Release,Licence\n",
		"41_7_A1_2,1,,,HPA000001,,,,http://images.proteinatlas.org/41/7_A1_2" + mark + "_blue_red_green.jpg,25,CC BY-SA 4.0\n",
		"36770_410_D12_1,3,,,HPA000003,,,,http://images.proteinatlas.org/36770/410_D12_1_blue_red_green.jpg,25,CC BY-SA 4.0\n",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}

	// Again: only what is missing is asked for.
	server.reset()
	server.faults = map[string]http.HandlerFunc{}
	get("raw="+raw, "rgby="+rgby)
	if asked := slices.Sorted(maps.Keys(server.asked)); slices.ContainsFunc(asked, func(name string) bool {
		return !strings.HasPrefix(name, "/43/7_A1_7_") && !strings.HasPrefix(name, "/43/7_A1_8_") && !strings.HasPrefix(name, "/44/")
	}) {
		t.Errorf("the second run asked for %v", asked)
	}
	check("43_7_A1_7", 16)
	if again := string(mustRead(t, images)); strings.Count(again, "\n") != 9 {
		t.Errorf("%s", again)
	}

	// From the channels that are there, RGBY images in another folder: nothing but what lacks is asked for.
	server.reset()
	get("raw="+raw, "rgby="+filepath.Join(dir, "ome"), "format=ome.tif")
	if got := foldertest.Results(t, filepath.Join(dir, "ome")); len(got) != 8 {
		t.Errorf("from the channels %v", slices.Sorted(maps.Keys(got)))
	}
	for name := range server.asked {
		if !strings.HasPrefix(name, "/44/") {
			t.Errorf("%s was asked for again", name)
		}
	}

	// JPEGs alone, and TIFFs alone, as OME-TIFF.
	get("rgby="+filepath.Join(dir, "jpg"), "formats=jpg")
	if got := foldertest.Results(t, filepath.Join(dir, "jpg")); len(got) != 7 {
		t.Errorf("as JPEG %v", slices.Sorted(maps.Keys(got)))
	}
	get("rgby="+filepath.Join(dir, "tif"), "formats=tif", "format=ome.tif")
	if got := foldertest.Results(t, filepath.Join(dir, "tif")); len(got) != 6 || got["41_7_A1_1.ome.tif"] == "" {
		t.Errorf("as TIFF %v", slices.Sorted(maps.Keys(got)))
	}
	if cause := deadLetters(t, letters)["36770_410_D12_1"]; !strings.HasSuffix(cause, "the server says 400 Bad Request, as for a withdrawn antibody") {
		t.Errorf("%q", cause)
	}
}
