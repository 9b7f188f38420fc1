package shards

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/npy"
)

// guessed is a prediction whose probabilities follow from its number.
func guessed(n int) *data.Prediction {
	p := &data.Prediction{ID: fmt.Sprintf("sample_%03d", n), Split: []string{"", "val"}[n%2]}
	for i := range 28 {
		p.P = append(p.P, 1/float64(3+n+i))
	}
	if n%3 != 0 {
		p.Labels, p.Labeled = data.LabelsOf(n%28), true
	}
	return p
}

func writePredictions(t testing.TB, dir string, limits Limits, list ...*data.Prediction) {
	t.Helper()
	w, err := Create(dir, Probabilities, Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		f, err := EncodePrediction(p)
		if err == nil {
			err = w.Add(f)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

// What is written is read again, to the last digit, with and without an index.
func TestPredictionsRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		var want []*data.Prediction
		for _, id := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9_-]{1,8}`), 1, 8, rapid.ID).Draw(rt, "ids") {
			p := &data.Prediction{
				ID: id, Labeled: rapid.Bool().Draw(rt, "labelled"), Split: rapid.SampledFrom([]string{"", "val"}).Draw(rt, "split"),
				P: rapid.SliceOfN(rapid.Float64Range(0, 1), 1, data.MaxClasses).Draw(rt, "p"),
			}
			if p.Labeled {
				p.Labels = data.Labels(rapid.Uint64().Draw(rt, "labels") >> (64 - len(p.P)))
			}
			want = append(want, p)
		}
		writePredictions(t, dir, Limits{Samples: 3, Bytes: 1 << 20}, want...)
		for range 2 {
			r, err := Open(dir, Probabilities)
			if err != nil {
				rt.Fatal(err)
			}
			defer r.Close()
			var got []*data.Prediction
			for _, e := range r.Entries() {
				c, err := r.Read(e.Key)
				if err != nil {
					rt.Fatal(err)
				}
				p, err := c.Prediction()
				if err != nil || c.About != e.About {
					rt.Fatalf("%+v in the frame, %+v in the index; %v", c.About, e.About, err)
				}
				got = append(got, p)
			}
			if !cmp.Equal(want, got) {
				rt.Fatal(cmp.Diff(want, got))
			}
			os.Remove(filepath.Join(dir, IndexName))
		}
	})
}

func TestPredictionsThatCannotBe(t *testing.T) {
	for want, change := range map[string]func(*data.Prediction){
		`"a.b" cannot be a key in a shard`:             func(p *data.Prediction) { p.ID = "a.b" },
		"sample_001: P01 is NaN, want a probability":   func(p *data.Prediction) { p.P[1] = math.NaN() },
		"sample_001: P00 is 1.5, want a probability":   func(p *data.Prediction) { p.P[0] = 1.5 },
		"sample_001: 0 probabilities, want 1..64":      func(p *data.Prediction) { p.P = nil },
		"sample_001: 65 probabilities, want 1..64":     func(p *data.Prediction) { p.P = make([]float64, 65) },
		"sample_001: labels 28 of 28":                  func(p *data.Prediction) { p.Labels = data.LabelsOf(28) },
		`"sample 1" cannot be an Id: it must be fit f`: func(p *data.Prediction) { p.ID = "sample 1" },
	} {
		p := guessed(1)
		change(p)
		if _, err := EncodePrediction(p); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

func TestAnyFlippedBitOfPredictionsIsFound(t *testing.T) {
	dir := t.TempDir()
	writePredictions(t, dir, Limits{Samples: 2, Bytes: 1 << 20}, guessed(0), guessed(1), guessed(2))
	flipEveryByte(t, dir)
}

// A folder holds one kind, and its readers and writers say which they want.
func TestOneKindAFolder(t *testing.T) {
	limits := Limits{Samples: 2, Bytes: 1 << 20}
	planes, guesses, both := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, planes, limits, 0, 2)
	writePredictions(t, guesses, limits, guessed(2), guessed(3), guessed(4))
	expect := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	for _, c := range []struct {
		dir        string
		kind, want Kind
	}{{planes, Planes, Probabilities}, {guesses, Probabilities, Planes}} {
		_, err := Open(c.dir, c.want)
		expect(err, fmt.Sprintf("%s holds shards of %s, not of %s", c.dir, c.kind, c.want))
		_, err = Create(c.dir, c.want, Options{Limits: limits})
		expect(err, fmt.Sprintf("%s holds shards of %s; %s go into a folder of their own", c.dir, c.kind, c.want))
		r, err := Open(c.dir, AnyKind)
		if err != nil || r.Kind() != c.kind {
			t.Fatal(r, err)
		}
	}
	w, err := Create(both, Planes, Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	f, err := EncodePrediction(guessed(5))
	if err != nil {
		t.Fatal(err)
	}
	expect(w.Add(f), "sample_005: a frame of probabilities among shards of planes")
	w.Abort()
	_, err = DecodeSample(f.Packed)
	expect(err, "sample_005: the frame holds probabilities, not planes")

	// Files put together by hand, without an index.
	for from, to := range map[string]int{planes: 0, guesses: 1} {
		b, err := os.ReadFile(filepath.Join(from, nameOf(0)))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(both, nameOf(to)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err = Open(both, AnyKind)
	expect(err, both+" holds shards of planes and of probabilities: shard-00000.tar.zst and shard-00001.tar.zst")
}

// Shards of planes are read as they were written before there were other
// kinds, and are written so.
func TestOldShards(t *testing.T) {
	r, err := Open("testdata/planes", Planes)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := range 4 {
		if got, err := sampleOf(r, made(n).ID); err != nil || !equal(got, made(n)) {
			t.Errorf("%d: %v", n, err)
		}
	}
	dir := t.TempDir()
	write(t, dir, Limits{Samples: 3, Bytes: 1 << 20}, 0, 4)
	if !maps.Equal(foldertest.Read(t, dir), foldertest.Read(t, "testdata/planes")) {
		t.Error("shards have changed")
	}
}

// FuzzProbabilities gives members of frames; what is read of one is written
// and read again.
func FuzzProbabilities(f *testing.F) {
	p := guessed(1)
	frame, err := EncodePrediction(p)
	if err != nil {
		f.Fatal(err)
	}
	raw, err := decoder().DecodeAll(frame.Packed, nil)
	if err != nil {
		f.Fatal(err)
	}
	m, err := takeApart(raw)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.array, m.json)
	f.Add(binary.LittleEndian.AppendUint64(npy.Head("<f8", 1), 1), []byte(`{"id":"sample_001","labels":[0]}`))
	f.Add(npy.Head("<f8", 0), m.json)
	f.Fuzz(func(t *testing.T, values, text []byte) {
		raw, err := encodeRaw(values, text)
		if err != nil {
			t.Skip(err)
		}
		c, err := parse(raw)
		if err != nil {
			return
		}
		p, err := c.Prediction()
		if err != nil {
			t.Fatalf("a frame that was read has no valid prediction: %v", err)
		}
		again, err := EncodePrediction(p)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Decode(again.Packed); err != nil || !cmp.Equal(c, back) {
			t.Fatalf("%v\n%s", err, cmp.Diff(c, back))
		}
	})
}

// encodeRaw makes the members of a frame of sample_001.
func encodeRaw(values, text []byte) ([]byte, error) {
	f, err := encode(About{Key: "sample_001", Kind: Probabilities}, array{
		suffix: probabilitiesSuffix, size: int64(len(values)), payload: Zstd,
		body: func(b []byte) ([][]byte, []byte) { return [][]byte{values}, b },
	}, text)
	if err != nil {
		return nil, err
	}
	return decoder().DecodeAll(f.Packed, nil)
}
