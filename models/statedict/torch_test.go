package statedict

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

func counting(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i)/4 - 1
	}
	return v
}

// fixtureTensors are those of testdata/fixtures.py.
func fixtureTensors() []Tensor {
	big := counting(24)
	var turned, part []float32
	for c := range 6 {
		for r := range 4 {
			turned = append(turned, big[r*6+c])
		}
	}
	for r := 1; r < 3; r++ {
		part = append(part, big[r*6+2:r*6+5]...)
	}
	return []Tensor{
		{"conv.weight", []int{2, 3, 1, 2}, counting(12)},
		{"half", []int{5}, counting(5)},
		{"bfloat16", []int{5}, counting(5)},
		{"double", []int{5}, counting(5)},
		{"turned", []int{6, 4}, turned},
		{"part", []int{2, 3}, part},
		{"double_of_part", []int{2, 3}, part},
		{"scalar", []int{}, []float32{.5}},
		{"empty", []int{0, 3}, nil},
		{"parameter", []int{3}, counting(3)},
	}
}

func sameTensors(t testing.TB, got, want []Tensor) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d tensors, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		same := g.Name == w.Name && slices.Equal(g.Shape, w.Shape) && slices.EqualFunc(g.Data, w.Data, func(a, b float32) bool {
			return math.Float32bits(a) == math.Float32bits(b)
		})
		if !same {
			t.Fatalf("tensor %+v, want %+v", g, w)
		}
	}
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// loadBytes is Load of a file in memory.
func loadBytes(f io.ReaderAt, size int64) ([]Tensor, error) {
	list, err := open(f, size)
	if err != nil {
		return nil, err
	}
	return plainest(list).tidied()
}

func TestLoadTorchFiles(t *testing.T) {
	for _, name := range []string{"zip.pth", "nested.pth", "legacy.pth", "protocol4.pth"} {
		t.Run(name, func(t *testing.T) {
			got, err := Load("testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			sameTensors(t, got, fixtureTensors())
		})
	}
}

// Files that would call something, or hold no state dict, are refused for the
// reason given.
func TestLoadRefusesTorchFiles(t *testing.T) {
	for name, want := range map[string]string{
		"calls_print.pth":  "builtin__.print, which has no place in a state dict",
		"calls_eval.pth":   "builtins.eval, which has no place in a state dict",
		"whole_module.pth": "has no place in a state dict",
		"no_tensors.pth":   "no state dict among epoch, loss",
		"plain.pkl":        "not written by torch.save",
		"repeated.pth":     "tensor w: shape [1000] of a storage of 1 values",
		"absent.pth":       "no such file",
	} {
		if _, err := Load("testdata/" + name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
}

// A file cut anywhere is an error, never a shorter state dict.
func TestLoadRefusesCutTorchFiles(t *testing.T) {
	for _, name := range []string{"zip.pth", "legacy.pth"} {
		file := fixture(t, name)
		for n := range len(file) {
			if _, err := loadBytes(bytes.NewReader(file[:n]), int64(n)); err == nil {
				t.Errorf("%s cut to %d of %d bytes was taken", name, n, len(file))
			}
		}
	}
}

// A storage that claims more values than the file holds costs no memory.
func TestLoadRefusesStoragesThatLie(t *testing.T) {
	file := fixture(t, "legacy.pth")
	// The storage of conv.weight announces 12 values: BININT1 12 before the NONE of its view.
	at := bytes.Index(file, []byte{'K', 12, 'N'})
	if at < 0 {
		t.Fatal("the storage is not where it was")
	}
	grown := slices.Concat(file[:at], []byte{'J'}, binary.LittleEndian.AppendUint32(nil, math.MaxInt32), file[at+2:])
	if _, err := loadBytes(bytes.NewReader(grown), int64(len(grown))); err == nil || !strings.Contains(err.Error(), "12 values, where 2147483647 were announced") {
		t.Errorf("error %v", err)
	}
}

func TestScanPickleRefuses(t *testing.T) {
	for want, text := range map[string]string{
		"instruction 0x69":                   "\x80\x02(ios\nsystem\n.",              // INST
		"instruction 0x6f":                   "\x80\x02(o.",                          // OBJ
		"instruction 0x92":                   "\x80\x04))\x92.",                      // NEWOBJ_EX
		"instruction 0x97":                   "\x80\x05\x97.",                        // NEXT_BUFFER
		"instruction 0xff":                   "\x80\x02\xff.",                        // beyond the unpickler's table
		"names os.system":                    "\x80\x02cos\nsystem\n.",               // GLOBAL
		"names copy_reg._reconstructor":      "\x80\x02ccopy_reg\n_reconstructor\n.", // which the unpickler knows
		"pickle ends in the middle":          "\x80\x02X\xff\xff\xff\x7fabc",         // BINUNICODE of 2 GiB
		"pickle ends in the middle ":         "\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x0fN.",
		"pickle ends in the middle  ":        "\x80\x02ctorch\nFloat",
		"pickle ends in the middle   ":       "",
		"pickle: instruction 0x49 at 2 has ": "\x80\x02I1\n.",
	} {
		if _, err := scanPickle([]byte(text)); err == nil || !strings.Contains(err.Error()+"   ", want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// Half precision, all 65536 of it, against the definition in math.
func TestFloat16(t *testing.T) {
	for h := range 1 << 16 {
		var got [1]float32
		decodeFloat16(got[:], binary.LittleEndian.AppendUint16(nil, uint16(h)))
		exponent, fraction := h>>10&31, float64(h&1023)/1024
		want := math.Ldexp(1+fraction, exponent-15)
		switch {
		case exponent == 0:
			want = math.Ldexp(fraction, -14)
		case exponent == 31 && fraction == 0:
			want = math.Inf(1)
		case exponent == 31:
			want = math.NaN()
		}
		if h>>15 == 1 {
			want = math.Copysign(want, -1)
		}
		if g := float64(got[0]); g != want && !(math.IsNaN(g) && math.IsNaN(want)) || math.Signbit(g) != math.Signbit(want) && !math.IsNaN(want) {
			t.Fatalf("%#04x is %v, want %v", h, g, want)
		}
	}
}

// Whatever a file holds: no panic, no endless loop, and no more values than a
// small multiple of its bytes. The files are of some kilobytes, so say
// -fuzzminimizetime 1x, or all the time goes into making them shorter.
func FuzzLoad(f *testing.F) {
	for _, name := range []string{"zip.pth", "legacy.pth", "protocol4.pth", "calls_print.pth", "calls_eval.pth", "whole_module.pth", "repeated.pth"} {
		f.Add(fixture(f, name))
	}
	for _, name := range []string{"beside2.pth", "beside4.pth", "beside_legacy.pth", "inside.pth"} {
		f.Add(fixture(f, name))
	}
	f.Add(safetensors(`{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, make([]byte, 4)))
	f.Fuzz(loadBounded)
}

// What the fuzz target asks, of some thousand files with a few bytes changed.
func TestLoadMutatedTorchFiles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"zip.pth", "legacy.pth", "protocol4.pth", "beside4.pth", "inside.pth"} {
		whole := fixture(t, name)
		for range 5000 {
			file := bytes.Clone(whole)
			for range 1 + r.IntN(4) {
				file[r.IntN(len(file))] = byte(r.Uint32())
			}
			loadBounded(t, file)
		}
	}
}

func loadBounded(t *testing.T, file []byte) {
	tensors, err := loadBytes(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return
	}
	distinct := map[*float32]int{}
	for _, w := range tensors {
		if size(w.Shape) != len(w.Data) {
			t.Errorf("%s: shape %v with %d values", w.Name, w.Shape, len(w.Data))
		}
		if len(w.Data) > 0 {
			distinct[&w.Data[0]] = max(distinct[&w.Data[0]], len(w.Data))
		}
	}
	total := 0
	for _, n := range distinct {
		total += n
	}
	if total > 2*len(file) {
		t.Errorf("%d values from %d bytes", total, len(file))
	}
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
