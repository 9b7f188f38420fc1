package models

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLatestCheckpointPassesOverIncompleteFolders(t *testing.T) {
	root := t.TempDir()
	if path, err := LatestCheckpoint(filepath.Join(root, "none")); path != "" || err != nil {
		t.Errorf("no folder: %q, %v", path, err)
	}
	c := &Checkpoint{State: State{Weights: []Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}}}}
	for _, epoch := range []int{2, 9999, 10000} {
		if err := SaveCheckpoint(EpochDir(root, epoch), c); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{10000, 9999, 2} {
		if path, err := LatestCheckpoint(root); path != EpochDir(root, want) || err != nil {
			t.Errorf("latest is %q, %v, want epoch %d", path, err, want)
		}
		if err := os.Remove(filepath.Join(EpochDir(root, want), trainingFile)); err != nil {
			t.Fatal(err)
		}
	}
	if path, err := LatestCheckpoint(root); path != "" || err != nil {
		t.Errorf("nothing complete: %q, %v", path, err)
	}
}

func TestLoadCheckpointRefusesOtherWeights(t *testing.T) {
	dir := t.TempDir()
	save := func(dir string, v float32) {
		err := SaveCheckpoint(dir, &Checkpoint{State: State{Weights: []Tensor{{Name: "a", Shape: []int{1}, Data: []float32{v}}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	save(dir, 1)
	other := t.TempDir()
	save(other, 2)
	if err := os.Rename(filepath.Join(other, weightsFile), filepath.Join(dir, weightsFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadCheckpoint(dir); err == nil || !strings.Contains(err.Error(), "belongs to other weights") {
		t.Errorf("error %v", err)
	}
}

// Names of a state dict that was saved on several GPUs lose their prefix, and
// batch counters, whatever their type, are not weights.
func TestLoadWeightsOfOtherPrograms(t *testing.T) {
	header := `{"module.a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},` +
		`"module.bn1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}`
	path := filepath.Join(t.TempDir(), "w.safetensors")
	file := safetensors(header, append(make([]byte, 8), 0, 0, 128, 63))
	if err := os.WriteFile(path, file, 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := LoadWeights(path)
	if err != nil {
		t.Fatal(err)
	}
	sameTensors(t, got, []Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}})
}

func safetensors(header string, values []byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), values...)
}

func TestReadTensorsRefuses(t *testing.T) {
	one := make([]byte, 4)
	for _, c := range []struct {
		name, want string
		file       []byte
	}{
		{"empty", "header length", nil},
		{"header beyond the file", "a header of", binary.LittleEndian.AppendUint64(nil, 1<<40)},
		{"not json", "header", safetensors(`{"a`, nil)},
		{"other type", `tensor a: values are "F16"`, safetensors(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, one)},
		{"other size", "tensor a: shape [2] does not fill", safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, one)},
		{"beyond the end", "tensor a: values at 0 to 8", safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, one)},
		{"backwards", "tensor a: values at 4 to 0", safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, one)},
		{"negative", "tensor a: impossible shape", safetensors(`{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, one)},
		{"overflowing", "tensor a: impossible shape", safetensors(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}`, one)},
		{"shared values", "tensor b: values start at 0", safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, one)},
		{"left over", "the tensors have 4 bytes, the file holds 8", safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 8))},
	} {
		if _, _, err := readTensors(bytes.NewReader(c.file), int64(len(c.file))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// Whatever the reader accepts, the writer can write so that it reads the same.
func FuzzReadTensors(f *testing.F) {
	var seed bytes.Buffer
	if err := writeTensors(&seed, []Tensor{
		{Name: "w", Shape: []int{2, 1}, Data: []float32{1, 2}}, {Name: "s", Shape: nil, Data: []float32{3}}, {Name: "e", Shape: []int{0}},
	}, map[string]string{"k": "v"}); err != nil {
		f.Fatal(err)
	}
	f.Add(seed.Bytes())
	f.Add(safetensors(`{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, make([]byte, 4)))
	f.Fuzz(func(t *testing.T, file []byte) {
		tensors, metadata, err := readTensors(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := writeTensors(&again, tensors, metadata); err != nil {
			t.Fatal(err)
		}
		got, _, err := readTensors(&again, int64(again.Len()))
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, byName)
		slices.SortFunc(tensors, byName)
		sameTensors(t, got, tensors)
	})
}

func byName(a, b Tensor) int { return strings.Compare(a.Name, b.Name) }
