package configs_test

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/codec"
	"hpaflow/data/embed"
	"hpaflow/data/goldentest"
	"hpaflow/flow"
	"hpaflow/models/subcell/subcelltest"
)

// cellImage is planes of noise; depth 0 is of 8 bits and one value.
func cellImage(id string, planes, side, depth int) *data.Image {
	im := data.NewImage(side, side, planes, max(8, depth))
	for c, p := range im.Planes {
		for i := range side * side {
			switch h := goldentest.Hash(id, c*side*side+i); depth {
			case 0:
				p.U8[i] = 200
			case 8:
				p.U8[i] = uint8(h)
			default:
				p.U16[i] = uint16(h)
			}
		}
	}
	return im
}

// writeImage writes an image as DIR/ID.png, or its planes by name.
func writeImage(t *testing.T, dir, id string, im *data.Image, names ...string) {
	t.Helper()
	put := func(name string, im *data.Image) {
		b, err := codec.AppendRGBY(nil, im)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(names) == 0 {
		put(id+".png", im)
		return
	}
	for i, name := range names {
		put(id+"_"+name+".png", &data.Image{Width: im.Width, Height: im.Height, Planes: im.Planes[i : i+1]})
	}
}

func readEmbeddings(t *testing.T, path string) map[string]*embed.Row {
	t.Helper()
	all := map[string]*embed.Row{}
	for r, err := range embed.ReadParquet(path) {
		if err != nil {
			t.Fatal(err)
		}
		all[r.ID] = r
	}
	return all
}

// subcellModel is a small model of so many channels.
func subcellModel(t *testing.T, channels int, classifiers ...string) string {
	t.Helper()
	return subcelltest.Write(t, subcelltest.Config(channels, classifiers...), strings.NewReplacer())
}

// TestEmbed: files of planes, images of all planes and shards give the same
// embeddings, in whatever order the planes are; a second run has nothing to do,
// and one with another image makes the table anew.
func TestEmbed(t *testing.T) {
	model, dir := subcellModel(t, 4, "models/rybg/a.safetensors", "models/rybg/b.safetensors"), t.TempDir()
	files, whole, crops, out := filepath.Join(dir, "files"), filepath.Join(dir, "whole"), filepath.Join(dir, "crops"), filepath.Join(dir, "out")
	for i, depth := range []int{16, 8, 0} {
		id := fmt.Sprint("cell", i)
		im := cellImage(id, 4, 48, depth)
		writeImage(t, files, id, im, data.Colours[:]...)
		writeImage(t, whole, id, im)
		p := im.Planes
		writeImage(t, crops, "plate/"+id, &data.Image{Width: 48, Height: 48, Planes: []data.Plane{p[2], p[3], p[0], p[1]}})
	}
	mustRun(t, "rgby-shards.flow", flow.Options{}, "input="+files, "output="+filepath.Join(dir, "shards"))
	embedAs := func(name, input string, more ...string) flow.Stats {
		t.Helper()
		return mustRun(t, "embed.flow", flow.Options{}, append([]string{"weights=" + model, "input=" + filepath.Join(dir, input), "out=" + filepath.Join(out, name)}, more...)...)
	}
	embedAs("files.parquet", "files")
	want := readEmbeddings(t, filepath.Join(out, "files.parquet"))
	if len(want) != 3 || len(want["cell0"].Features) != subcelltest.Values || slices.Equal(want["cell0"].Features, want["cell1"].Features) {
		t.Fatalf("embeddings %v", want)
	}
	for name, c := range map[string]struct {
		input, prefix string
		more          []string
	}{
		"whole.parquet":  {"whole", "", nil},
		"shards.parquet": {"shards", "", nil},
		"crops.parquet":  {"crops", "plate/", []string{"planes=blue,yellow,red,green", "keys=path"}},
	} {
		embedAs(name, c.input, c.more...)
		got := readEmbeddings(t, filepath.Join(out, name))
		for id, w := range want {
			if g := got[c.prefix+id]; g == nil || !slices.Equal(g.Features, w.Features) || g.Location != w.Location {
				t.Errorf("%s: %s is other than of files of planes", name, id)
			}
		}
	}
	before := foldertest.Results(t, out)
	if again := embedAs("files.parquet", "files", "attention="+filepath.Join(dir, "attention")); again.Stages[0].Complete != 0 { // for the pictures alone
		t.Errorf("%d cells were taken for complete, whose pictures lack", again.Stages[0].Complete)
	}
	if again := embedAs("files.parquet", "files", "attention="+filepath.Join(dir, "attention")); again.Stages[0].Complete != 3 || !maps.Equal(foldertest.Results(t, out), before) {
		t.Errorf("the second run found %d of 3 complete", again.Stages[0].Complete)
	}
	if pictures := foldertest.Results(t, filepath.Join(dir, "attention")); len(pictures) != 3 || pictures["cell0_attention_map.png"] == "" {
		t.Errorf("pictures %v", slices.Sorted(maps.Keys(pictures)))
	}
	writeImage(t, files, "cell1", cellImage("another", 4, 48, 8), data.Colours[:]...)
	writeImage(t, files, "new", cellImage("new", 4, 48, 8), data.Colours[:]...)
	again := embedAs("files.parquet", "files")
	if now := readEmbeddings(t, filepath.Join(out, "files.parquet")); again.Stages[0].Complete != 2 || len(now) != 4 || !slices.Equal(now["cell0"].Features, want["cell0"].Features) || slices.Equal(now["cell1"].Features, want["cell1"].Features) {
		t.Errorf("of 4 cells, one of them new and one another, %d were taken for complete", again.Stages[0].Complete)
	}
}

// TestEmbedFormats: CSV and arrays; images of other sizes are resized; all four
// models that are published.
func TestEmbedFormats(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "in")
	for id, side := range map[string]int{"fits": 48, "odd": 50} {
		writeImage(t, input, id, cellImage(id, 4, side, 16))
	}
	for _, letters := range []string{"rybg", "rbg", "ybg", "bg"} {
		model := subcellModel(t, len(letters), letters+"/a.safetensors")
		out := filepath.Join(dir, letters)
		for _, name := range []string{"t.csv", "t.npy"} {
			mustRun(t, "embed.flow", flow.Options{}, "weights="+model, "input="+input, "out="+filepath.Join(out, name), "dtype=float16")
		}
		got := foldertest.Results(t, out)
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"t.csv", "t.npy/fits_embedding.npy", "t.npy/fits_probabilities.npy", "t.npy/odd_embedding.npy", "t.npy/odd_probabilities.npy"}) {
			t.Errorf("%s: files %v", letters, names)
		}
		if lines := strings.Count(got["t.csv"], "\n"); lines != 3 {
			t.Errorf("%s: %d lines", letters, lines)
		}
		if n := len(got["t.npy/odd_embedding.npy"]); n != 128+2*subcelltest.Values {
			t.Errorf("%s: an embedding of %d bytes", letters, n)
		}
	}
}

// TestEmbedRefuses: what cannot be has a name before any work; a bad cell is a
// dead letter.
func TestEmbedRefuses(t *testing.T) {
	model, dir := subcellModel(t, 4, "a.safetensors"), t.TempDir()
	input := filepath.Join(dir, "in")
	writeImage(t, input, "b", cellImage("b", 4, 32, 8))
	three := filepath.Join(dir, "three")
	writeImage(t, three, "a", cellImage("a", 3, 32, 8))
	lacking := subcellModel(t, 4, "a.safetensors", "b.safetensors")
	if err := os.Remove(filepath.Join(lacking, "b.safetensors")); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.parquet")
	common := []string{"weights=" + model, "input=" + input, "out=" + out}
	for _, c := range []struct {
		sets []string
		want string
	}{
		{[]string{"weights=" + lacking}, "b.safetensors is not in the folder"},
		{[]string{"weights=" + dir}, "model_config.yaml"},
		{[]string{"input=" + three}, "a.png has 3 planes, and planes names 4"},
		{[]string{"weights=" + subcellModel(t, 3, "a.safetensors")}, "set letters to rbg or ybg"},
		{[]string{"letters=bg"}, `letters is "bg", and the network in`},
		{[]string{"letters=gb"}, `"gb"`},
		{[]string{"planes=red,green,blue,violet"}, "reads yellow, which is not among them"},
		{[]string{"size=40"}, "size is 40, want a multiple of 16"},
		{[]string{"out=" + filepath.Join(dir, "out.txt")}, "is not NAME.parquet, NAME.csv or NAME.npy"},
		{[]string{"device=gpu"}, "device"},
		{[]string{"precision=bf16"}, "a processor computes in fp32"},
		{[]string{"dtype=float64"}, "float64"},
	} {
		_, err := build("embed.flow", flow.Options{}, append(slices.Clone(common), c.sets...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %s", c.sets, err, c.want)
		}
	}
	for table, want := range map[string]string{"": "table is empty", dir + "/gone.parquet": "no such file", filepath.Join(model, "model_config.yaml"): "is no Parquet file"} {
		if _, err := build("neighbours.flow", flow.Options{}, "embeddings="+table, "out="+dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("neighbours of %q: %v", table, err)
		}
	}
	if _, err := build("hashes.flow", flow.Options{}, "data="+dir, "sets="); err == nil || !strings.Contains(err.Error(), "sets: is empty") {
		t.Errorf("hashes of no set: %v", err)
	}
	empty := t.TempDir()
	if _, err := run(t, "embed.flow", flow.Options{}, "weights="+model, "input="+empty, "out="+out); err == nil {
		t.Error("an empty folder was embedded")
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.part")); err != nil || len(left) > 0 {
		t.Errorf("a run that came to nothing left %v, %v", left, err)
	}
	if _, err := build("train.flow", flow.Options{}, "model=subcell"); err == nil || !strings.Contains(err.Error(), "subcell") || !strings.Contains(err.Error(), "embed.flow") {
		t.Errorf("training: %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was written")
	}
	writeImage(t, input, "c", cellImage("c", 3, 32, 8))
	if err := os.WriteFile(filepath.Join(input, "d.png"), []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	letters := filepath.Join(dir, "failed.jsonl")
	mustRun(t, "embed.flow", flow.Options{}, append(common, "dead_letters="+letters)...)
	causes := deadLetters(t, letters)
	if len(causes) != 2 || !strings.Contains(causes["c"], "the image has 3 planes, and planes names 4") || causes["d"] == "" || len(readEmbeddings(t, out)) != 1 {
		t.Errorf("dead letters %v", causes)
	}
}

// TestNeighbours: a table of embeddings gives neighbours and a map.
func TestNeighbours(t *testing.T) {
	model, dir := subcellModel(t, 2, "bg/a.safetensors"), t.TempDir()
	input, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for i := range 9 {
		id := fmt.Sprint("cell", i)
		writeImage(t, input, id, cellImage(fmt.Sprint(i/2), 4, 32, 8)) // by twos
	}
	mustRun(t, "embed.flow", flow.Options{}, "weights="+model, "input="+input, "out="+dir+"/e.parquet", "dtype=float16")
	mustRun(t, "neighbours.flow", flow.Options{}, "embeddings="+dir+"/e.parquet", "out="+out, "k=3")
	got := foldertest.Results(t, out)
	lines := strings.Split(strings.TrimSpace(got["neighbours.csv"]), "\n")
	if len(lines) != 1+9*3 || lines[0] != "id,rank,neighbour,cosine" || !strings.HasPrefix(lines[1], "cell0,1,cell1,1.0000") && !strings.HasPrefix(lines[1], "cell0,1,cell1,0.99999") {
		t.Errorf("neighbours\n%s", got["neighbours.csv"])
	}
	if lines := strings.Count(got["embeddings.csv"], "\n"); lines != 10 || !strings.Contains(got["report.html"], "Embeddings of 9 cells") || !strings.HasPrefix(got["embeddings.png"], "\x89PNG") {
		t.Errorf("%d lines of places; files %v", lines, slices.Sorted(maps.Keys(got)))
	}
}

// A cell whose embedding another program has left without finite numbers is that
// cell's trouble.
func TestNeighboursOfWhatIsNoNumber(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "e.parquet")
	var b bytes.Buffer
	err := embed.WriteParquet(&b, func(yield func(*embed.Embedding, error) bool) {
		for i, v := range []float32{1, float32(math.NaN()), 3, float32(math.Inf(1)), 5} {
			if !yield(&embed.Embedding{ID: fmt.Sprint("cell", i), Features: []float32{1, v}, Probabilities: make([]float32, 31)}, nil) {
				return
			}
		}
	}, embed.Float32)
	if err == nil {
		err = os.WriteFile(path, b.Bytes(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	stats := mustRun(t, "neighbours.flow", flow.Options{}, "embeddings="+path, "out="+filepath.Join(dir, "out"), "k=1")
	var failed []string
	for loss := range stats.Failed.All() {
		failed = append(failed, loss.Key)
	}
	if got := foldertest.Results(t, filepath.Join(dir, "out"))["neighbours.csv"]; !slices.Equal(failed, []string{"cell1", "cell3"}) || strings.Count(got, "\n") != 4 {
		t.Errorf("%v failed; neighbours\n%s", failed, got)
	}
}
