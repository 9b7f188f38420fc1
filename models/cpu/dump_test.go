package cpu

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/statedict"
)

// TestAgainstDump compares a training step with one that testdata/check.py has
// computed, of any size. It runs when that script calls it.
func TestAgainstDump(t *testing.T) {
	dir := os.Getenv("HPAFLOW_DUMP")
	if dir == "" {
		t.Skip("testdata/check.py runs this, with what it needs in the environment")
	}
	var logitsOff, gradientsOff float64 // PyTorch in float32
	if _, err := fmt.Sscan(os.Getenv("HPAFLOW_ROUNDING"), &logitsOff, &gradientsOff); err != nil {
		t.Fatal(err)
	}
	read := func(name string) array {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return readNpy(t, text)
	}
	want := readNpz(t, filepath.Join(dir, "train.npz"))
	x, y := read("input.npy"), want["targets"]
	n, h, w := x.shape[0], x.shape[2], x.shape[3]
	d, err := New(models.Options{Model: os.Getenv("HPAFLOW_MODEL"), Height: h, Width: w, Batch: n})
	if err != nil {
		t.Fatal(err)
	}
	weights, err := checkpoint.LoadWeights(filepath.Join(dir, "weights.pth"))
	if err != nil {
		t.Fatal(err)
	}
	report, err := d.Init(weights)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report)
	var file bytes.Buffer
	if err := statedict.Write(&file, state(d).Weights, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ours.safetensors"), file.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	b := &data.Batch{N: n, C: x.shape[1], H: h, W: w, Classes: y.shape[1], X: x.values, Y: y.values}
	logits, err := d.Predict(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "evaluation logits", difference(logits, read("eval.npy").values, largest), 1e-4)
	step, err := models.Train(context.Background(), d, b, 0)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "training logits", difference(step.Logits, want["logits"].values, largest), max(1e-4, 8*logitsOff))
	within(t, "loss", difference([]float32{float32(step.Loss)}, want["loss"].values, largest), 1e-5)
	var gradients, statistics []float64
	for i, p := range d.trainable {
		if !strings.HasSuffix(p.name, "attention.bias") { // none but rounding
			gradients = append(gradients, difference(values(d.train.grads[i]), want["grad/"+p.name].values, norm))
		}
	}
	for _, p := range d.params.list {
		if p.statistic {
			statistics = append(statistics, difference(p.data, want["stat/"+p.name].values, norm))
		}
	}
	within(t, "statistics", slices.Max(statistics), 1e-4)
	slices.Sort(gradients)
	t.Logf("gradients: median %.1e", gradients[len(gradients)/2])
	within(t, "gradients", gradients[len(gradients)-1], max(1e-3, 8*gradientsOff))
}

func within(t *testing.T, what string, off, most float64) {
	t.Helper()
	t.Logf("%s: off by %.1e", what, off)
	if !(off <= most) {
		t.Errorf("%s: off by %.1e, want at most %.0e", what, off, most)
	}
}

// difference is the size of got-want as a share of want's; NaN if their
// lengths differ.
func difference(got, want []float32, size func([]float64) float64) float64 {
	if len(got) != len(want) {
		return math.NaN()
	}
	d, w := make([]float64, len(got)), make([]float64, len(got))
	for i := range got {
		d[i], w[i] = float64(got[i])-float64(want[i]), float64(want[i])
	}
	return size(d) / size(w)
}

func largest(v []float64) (m float64) {
	for _, x := range v {
		m = max(m, math.Abs(x))
	}
	return m
}

func norm(v []float64) (sum float64) {
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}

// array is what a .npy file holds.
type array struct {
	shape  []int
	values []float32
}

func readNpz(t *testing.T, path string) map[string]array {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	all := map[string]array{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(f.Name, ".npy")] = readNpy(t, text)
	}
	return all
}

var npyShape = regexp.MustCompile(`'descr': '<f4', 'fortran_order': False, 'shape': \(([0-9, ]*)\)`)

// readNpy reads format 1.0 with float32 in C order.
func readNpy(t *testing.T, text []byte) array {
	t.Helper()
	if len(text) < 10 || string(text[:8]) != "\x93NUMPY\x01\x00" {
		t.Fatal("no .npy file")
	}
	from := 10 + int(binary.LittleEndian.Uint16(text[8:]))
	m := npyShape.FindSubmatch(text[:from])
	if m == nil {
		t.Fatalf("header %q", text[10:from])
	}
	a := array{values: make([]float32, (len(text)-from)/4)}
	for _, f := range strings.FieldsFunc(string(m[1]), func(r rune) bool { return r == ',' || r == ' ' }) {
		d, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		a.shape = append(a.shape, d)
	}
	if _, err := binary.Decode(text[from:], binary.LittleEndian, a.values); err != nil {
		t.Fatal(err)
	}
	return a
}
