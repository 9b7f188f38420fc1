package shards

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	seekable "github.com/SaveTheRbtz/zstd-seekable-format-go/pkg"
	"pgregory.net/rapid"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
)

// made is a sample whose pixels follow from its number.
func made(n int) *data.Sample {
	draw := rand.New(rand.NewPCG(uint64(n), 1))
	im := data.NewImage(5+n%3, 4, 4, 8+8*(n%2))
	for _, p := range im.Planes {
		raw := p.Raw()
		for i := range raw {
			raw[i] = byte(draw.Uint32())
		}
	}
	s := &data.Sample{ID: fmt.Sprintf("sample_%03d", n), Image: im, Split: []string{"", "train", "val"}[n%3]}
	if n%4 != 0 {
		s.Labels, s.Labeled = data.LabelsOf(n%28, (n*7)%28), true
	}
	return s
}

func frame(t testing.TB, n int) Frame {
	t.Helper()
	f, err := EncodeSample(made(n), Payloads[n%len(Payloads)])
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t testing.TB, dir string, limits Limits, from, to int) {
	t.Helper()
	w, err := Create(dir, Planes, Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	for n := from; n < to; n++ {
		if err := w.Add(frame(t, n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func equal(a, b *data.Sample) bool {
	if a.ID != b.ID || a.Labels != b.Labels || a.Labeled != b.Labeled || a.Split != b.Split ||
		a.Image.Width != b.Image.Width || a.Image.Height != b.Image.Height || len(a.Image.Planes) != len(b.Image.Planes) {
		return false
	}
	for i := range a.Image.Planes {
		if a.Image.Depth() != b.Image.Depth() || !bytes.Equal(a.Image.Planes[i].Raw(), b.Image.Planes[i].Raw()) {
			return false
		}
	}
	return true
}

func sampleOf(r *Reader, key string) (*data.Sample, error) {
	c, err := r.Read(key)
	if err != nil {
		return nil, err
	}
	return c.Sample()
}

func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, Limits{Samples: 3, Bytes: 1 << 20}, 0, 8)
	check := func(r *Reader) {
		t.Helper()
		if len(r.Entries()) != 8 {
			t.Fatalf("%d entries", len(r.Entries()))
		}
		for n := range 8 {
			want := made(n)
			if got, err := sampleOf(r, want.ID); err != nil || !equal(got, want) {
				t.Fatalf("%s: %v", want.ID, err)
			}
			if e := r.Entries()[n]; e.Key != want.ID || e.Labels != want.Labels || e.Split != want.Split || e.Shard != nameOf(n/3) {
				t.Fatalf("entry %d: %+v", n, e)
			}
		}
		if _, err := r.Read("other"); err == nil {
			t.Fatal("a sample that is not there was read")
		}
	}
	r, err := Open(dir, Planes)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	check(r)

	os.Remove(filepath.Join(dir, IndexName))
	r, err = Open(dir, Planes)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	check(r)
}

// TestSeekTableIsTheLibrarys reads a shard through the seekable library, which
// checks the table and the checksums.
func TestSeekTableIsTheLibrarys(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, Limits{Samples: 10, Bytes: 1 << 20}, 0, 4)
	f, err := os.Open(filepath.Join(dir, nameOf(0)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := seekable.NewReader(f, decoder())
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	all, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	for n := range 4 {
		raw, err := decoder().DecodeAll(frame(t, n).Packed, nil)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, raw...)
	}
	if !bytes.Equal(all, append(want, tarEnd...)) {
		t.Fatal("the shard's content is not its frames' and the tar's end")
	}
}

// TestAnyFlippedBitIsFound flips one bit of every byte of a small set.
func TestAnyFlippedBitIsFound(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, Limits{Samples: 2, Bytes: 1 << 20}, 0, 3)
	flipEveryByte(t, dir)
}

// flipEveryByte flips one bit of every byte of a set of 3 samples in 2 shards.
func flipEveryByte(t *testing.T, dir string) {
	t.Helper()
	if r, err := Verify(dir, nil); err != nil || len(r.Faults) > 0 || r.Samples != 3 || r.Shards != 2 {
		t.Fatalf("intact: %+v, %v", r, err)
	}
	stride := 1
	if raced {
		stride = 9 // so that all bits of a byte have their turn
	}
	for name, whole := range foldertest.Read(t, dir) {
		path := filepath.Join(dir, name)
		for i := 0; i < len(whole); i += stride {
			b := []byte(whole)
			b[i] ^= 1 << (i % 8)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if r, err := Verify(dir, nil); err != nil || len(r.Faults) == 0 {
				t.Fatalf("%s: bit %d of byte %d flipped: no fault, error %v", name, i%8, i, err)
			}
		}
		if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerifyNamesTheSample(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, Limits{Samples: 5, Bytes: 1 << 20}, 0, 3)
	r, _ := Open(dir, Planes)
	e := r.Entries()[1]
	path := filepath.Join(dir, e.Shard)
	b, _ := os.ReadFile(path)
	b[e.Offset+e.Length/2] ^= 4
	os.WriteFile(path, b, 0o600)
	os.WriteFile(filepath.Join(dir, nameOf(7)), nil, 0o600)
	report, err := Verify(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Faults) != 2 || report.Faults[0].String() != "shard-00007.tar.zst: is not in the index" || report.Faults[1].Key != e.Key {
		t.Fatalf("faults: %v", report.Faults)
	}
}

// TestInterruptedSetEndsTheSame stops after any number of samples, in any of
// the ways a writer can end, and goes on.
func TestInterruptedSetEndsTheSame(t *testing.T) {
	whole := t.TempDir()
	limits := Limits{Samples: 3, Bytes: 1 << 20}
	const samples = 8
	write(t, whole, limits, 0, samples)
	want := foldertest.Read(t, whole)
	for stop := range samples {
		for _, end := range []string{"abort", "kill", "kill before index"} {
			dir := t.TempDir()
			w, err := Create(dir, Planes, Options{Limits: limits})
			if err != nil {
				t.Fatal(err)
			}
			for n := range stop {
				if err := w.Add(frame(t, n)); err != nil {
					t.Fatal(err)
				}
			}
			switch end {
			case "abort":
				err = w.Abort()
			case "kill": // the process's end closes files and locks
				err = w.unlock()
			case "kill before index": // a shard has appeared that the index does not know
				name := nameOf(len(w.index.shards))
				err = errors.Join(w.unlock(), os.WriteFile(filepath.Join(dir, name), []byte(want[name]), 0o600))
			}
			if end != "abort" { // a copy, since this process still holds what it was writing
				left := dir
				dir = t.TempDir()
				err = errors.Join(err, os.CopyFS(dir, os.DirFS(left)))
			}
			if err != nil {
				t.Fatal(err)
			}
			if w, err = Create(dir, Planes, Options{Limits: limits}); err != nil {
				t.Fatal(err)
			}
			for n := range samples {
				if f := frame(t, n); !w.Has(f.Key) {
					if err := w.Add(f); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := w.Commit(); err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(foldertest.Read(t, dir), want) {
				t.Fatalf("%s after %d samples: the set differs from an undisturbed one", end, stop)
			}
		}
	}
}

func TestOneWriterAFolder(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(dir, Planes, Options{Limits: Limits{Samples: 1, Bytes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, Planes, Options{Limits: Limits{}}); err == nil {
		t.Fatal("a second writer was let in")
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestHasWhileAdding is for the race detector: a flow's source asks while its
// sink adds.
func TestHasWhileAdding(t *testing.T) {
	w, err := Create(t.TempDir(), Planes, Options{Limits: Limits{Samples: 4, Bytes: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan bool)
	go func() {
		found := false
		for n := range 2000 {
			found = found || w.Has(fmt.Sprintf("sample_%03d", n%20))
		}
		asked <- found
	}()
	for n := range 20 {
		if err := w.Add(frame(t, n)); err != nil {
			t.Fatal(err)
		}
	}
	if <-asked {
		t.Error("a sample of this run counts as complete before it is")
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func TestKeysThatCannotBe(t *testing.T) {
	for _, id := range []string{"", "a.b", "a/../b", "/a", "a/", "caf\xe9", `a\b`} {
		s := made(1)
		s.ID = id
		if _, err := EncodeSample(s, Huffman); err == nil {
			t.Errorf("%q was taken as a key", id)
		}
	}
	dir := t.TempDir()
	w, err := Create(dir, Planes, Options{Limits: Limits{Samples: 5, Bytes: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := w.Add(frame(t, 1)); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(frame(t, 1)); err == nil {
		t.Error("a key was taken twice")
	}
}

func TestLongKey(t *testing.T) {
	s := made(1)
	s.ID = string(bytes.Repeat([]byte("k"), 180))
	f, err := EncodeSample(s, Huffman)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeSample(f.Packed); err != nil || !equal(got, s) {
		t.Fatalf("%v", err)
	}
}

func TestAnySampleRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1000).Draw(t, "n")
		s := made(n)
		planes := rapid.IntRange(1, 4).Draw(t, "planes")
		s.Image.Planes = s.Image.Planes[:planes]
		f, err := EncodeSample(s, rapid.SampledFrom(Payloads).Draw(t, "payload"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DecodeSample(f.Packed); err != nil || !equal(got, s) {
			t.Fatalf("%v", err)
		}
	})
}

// FuzzDecode gives frames and what they hold; neither may panic, nor take more
// than an input of its size may.
func FuzzDecode(f *testing.F) {
	for n := range Payloads {
		packed := frame(f, n).Packed
		raw, err := unpack(nil, packed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		bounded(t, len(b), func() {
			if c, err := parse(b); err == nil && c.Kind == Planes {
				if err := c.Image.Validate(); err != nil {
					t.Fatalf("a sample was read with a bad image: %v", err)
				}
			}
			Decode(b)
		})
	})
}

// A frame whose header claims more than its blocks hold is refused before
// memory is made for it.
func TestFrameOfLargeClaimIsRefused(t *testing.T) {
	claim := []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0xf0} // one segment of 0xf0000000 bytes
	for name, blocks := range map[string][]byte{
		"raw":        {0x09, 0, 0, 'x'},
		"run length": {0x03, 0x00, 0x10, 'x'},
		"compressed": {0x15, 0, 0, 0, 0},
	} {
		if _, err := Decode(append(bytes.Clone(claim), blocks...)); err == nil || !strings.Contains(err.Error(), "claims to hold 4026531840") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for n := range Payloads {
		packed := frame(t, n).Packed
		for cut := range packed {
			if _, err := unpack(nil, packed[:cut]); err == nil {
				t.Fatalf("%d of %d bytes were decoded", cut, len(packed))
			}
		}
	}
}

// FuzzIndex changes an index and makes its digest anew, so that what reads
// Parquet is reached; whatever it claims, it may not take more memory than an
// index of its size can need.
func FuzzIndex(f *testing.F) {
	x := &index{kind: Planes, entries: []Entry{{About: About{Key: "a"}, Shard: nameOf(0), Length: 3}}, shards: map[string]summary{nameOf(0): {"00", 3}}}
	b, err := x.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	more := &index{kind: Probabilities, shards: map[string]summary{nameOf(0): {"00", 3}, nameOf(1): {"11", 4}}}
	for n := range 300 {
		about := About{Key: fmt.Sprint("key ", n), Labels: data.LabelsOf(n%28, n%7), Labeled: n%3 > 0, Split: []string{"train", "val"}[n%2]}
		more.entries = append(more.entries, Entry{About: about, Shard: nameOf(n / 200), Offset: int64(n), Length: 3, Raw: 9, Checksum: uint64(n) << 40})
	}
	if b, err = more.encode(); err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, changed []byte) {
		if _, err := decodeIndex(changed); err == nil && checkSeal(changed) != nil {
			t.Fatal("an index without its digest was read")
		}
		changed = bytes.Clone(changed) // what fuzzing has made must stay as it is
		if place, err := digestPlace(changed); err == nil {
			copy(place, noDigest)
			seal(changed)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		decodeIndex(changed)
		runtime.ReadMemStats(&after)
		if made := after.TotalAlloc - before.TotalAlloc; made > 64<<20+512*uint64(len(changed)) {
			t.Fatalf("%d bytes of memory for an index of %d", made, len(changed))
		}
	})
}
