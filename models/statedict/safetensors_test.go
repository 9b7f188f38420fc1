package statedict

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func safetensors(header string, values []byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), values...)
}

// Names of a state dict that was saved on several GPUs lose their prefix,
// counters are not weights, and every type of float is read.
func TestLoadSafetensorsOfOtherPrograms(t *testing.T) {
	header := `{"module.a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},` +
		`"module.bn1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]},` +
		`"h":{"dtype":"F16","shape":[2,1],"data_offsets":[12,16]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[16,18]},` +
		`"d":{"dtype":"F64","shape":[],"data_offsets":[18,26]}}`
	path := filepath.Join(t.TempDir(), "w.safetensors")
	values := append(make([]byte, 8), 0, 0, 128, 63, 0, 0x3c, 0, 0xc0, 0x80, 0x3f, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f)
	if err := os.WriteFile(path, safetensors(header, values), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	sameTensors(t, got, []Tensor{
		{"a", []int{1}, []float32{1}}, {"h", []int{2, 1}, []float32{1, -2}}, {"b", []int{1}, []float32{1}}, {"d", nil, []float32{1}},
	})
}

func TestReadRefuses(t *testing.T) {
	one := make([]byte, 4)
	for _, c := range []struct {
		name, want string
		file       []byte
	}{
		{"empty", "header length", nil},
		{"header beyond the file", "a header of", binary.LittleEndian.AppendUint64(nil, 1<<40)},
		{"not json", "header", safetensors(`{"a`, nil)},
		{"other type", `tensor a: values of unknown type "F8_E4M3"`, safetensors(`{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}`, one)},
		{"other size", "tensor a: shape [2] of F32 does not fill", safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, one)},
		{"beyond the end", "tensor a: values at 0 to 8", safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, one)},
		{"backwards", "tensor a: values at 4 to 0", safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, one)},
		{"negative", "tensor a: impossible shape", safetensors(`{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, one)},
		{"overflowing", "tensor a: impossible shape", safetensors(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}`, one)},
		{"shared values", "tensor b: values start at 0", safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, one)},
		{"left over", "the tensors have 4 bytes, the file holds 8", safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 8))},
	} {
		if _, _, err := Read(bytes.NewReader(c.file), int64(len(c.file))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// Whatever the reader accepts, the writer can write so that it reads the same.
func FuzzRead(f *testing.F) {
	var seed bytes.Buffer
	if err := Write(&seed, []Tensor{
		{Name: "w", Shape: []int{2, 1}, Data: []float32{1, 2}}, {Name: "s", Shape: nil, Data: []float32{3}}, {Name: "e", Shape: []int{0}},
	}, map[string]string{"k": "v"}); err != nil {
		f.Fatal(err)
	}
	f.Add(seed.Bytes())
	f.Add(safetensors(`{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, make([]byte, 4)))
	f.Add(safetensors(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, make([]byte, 4)))
	f.Fuzz(func(t *testing.T, file []byte) {
		tensors, metadata, err := Read(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := Write(&again, tensors, metadata); err != nil {
			t.Fatal(err)
		}
		got, _, err := Read(&again, int64(again.Len()))
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, byName)
		slices.SortFunc(tensors, byName)
		sameTensors(t, got, tensors)
	})
}

func byName(a, b Tensor) int { return strings.Compare(a.Name, b.Name) }
