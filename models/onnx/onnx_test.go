package onnx

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"hpaflow/data"
	"hpaflow/models"
	"hpaflow/models/network"
)

// drawn are weights of a network, by its outline, the same each time.
func drawn(t *testing.T, o models.Options) []models.Tensor {
	t.Helper()
	o.EnsureDefaults()
	outline, err := network.Sketch(o.Model, o.Channels, 0, 0, o.Classes, false)
	if err != nil {
		t.Fatal(err)
	}
	list := slices.Clone(outline.Tensors)
	for i, tensor := range list {
		size := 1
		for _, d := range tensor.Shape {
			size *= d
		}
		list[i].Data = make([]float32, size)
		for k := range list[i].Data {
			list[i].Data[k] = float32((i+k)%1021+1) / (1 << 10)
		}
	}
	return list
}

// fields are the fields of a message, by number.
func fields(t *testing.T, m []byte) map[protowire.Number][][]byte {
	t.Helper()
	all := map[protowire.Number][][]byte{}
	for len(m) > 0 {
		number, kind, n := protowire.ConsumeTag(m)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		m = m[n:]
		size := protowire.ConsumeFieldValue(number, kind, m)
		if size < 0 {
			t.Fatal(protowire.ParseError(size))
		}
		value := m[:size]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(m)
		}
		all[number] = append(all[number], value)
		m = m[size:]
	}
	return all
}

// Each value that a node takes is there before it, each is made once, and each
// constant is used and as large as its shape says.
func TestGraphsAreWhole(t *testing.T) {
	for at, model := range network.Names() {
		for _, input := range Inputs()[at%2:][:1] { // by turns
			o := Options{Network: models.Options{Model: model, Height: 96, Width: 96, AttentionSize: 2}, Input: Input(input), Norm: data.NormPerImage, Metadata: map[string]string{"b": "2", "a": "1"}}
			if strings.HasPrefix(model, "resnet") {
				o.Network.Height, o.Network.Width = 0, 0
			}
			var b bytes.Buffer
			if err := Write(&b, o, drawn(t, o.Network)); err != nil {
				t.Fatalf("%s: %v", model, err)
			}
			m := fields(t, b.Bytes())
			graph := fields(t, m[7][0])
			there, used := map[string]bool{"images": true}, map[string]bool{}
			for _, c := range graph[5] {
				tensor := fields(t, c)
				size := 4
				if kind, _ := protowire.ConsumeVarint(tensor[2][0]); kind == int64Type {
					size = 8
				}
				for _, d := range tensor[1] {
					n, _ := protowire.ConsumeVarint(d)
					size *= int(n)
				}
				name := string(tensor[8][0])
				if there[name] || len(tensor[9][0]) != size {
					t.Errorf("%s: constant %s of %d bytes, want %d; or it is there twice", model, name, len(tensor[9][0]), size)
				}
				there[name] = true
			}
			named := map[string]bool{}
			for _, n := range graph[1] {
				f := fields(t, n)
				if name := string(f[3][0]); named[name] {
					t.Errorf("%s: two nodes are called %s", model, name)
				} else {
					named[name] = true
				}
				for _, in := range f[1] {
					if used[string(in)] = true; !there[string(in)] {
						t.Errorf("%s: %s takes %s, which is not there yet", model, f[3][0], in)
					}
				}
				if out := string(f[2][0]); there[out] {
					t.Errorf("%s: %s is made twice", model, out)
				} else {
					there[out] = true
				}
			}
			for name := range there {
				if !used[name] && name != probsName {
					t.Errorf("%s: nothing takes %s", model, name)
				}
			}
			if len(m[14]) != 2 || len(graph[12]) != 2 {
				t.Errorf("%s: %d entries of metadata, %d outputs", model, len(m[14]), len(graph[12]))
			}
		}
	}
}

// The files are those that ONNX Runtime, OpenVINO and PyTorch were seen to agree on
// (bench/export.py), to the byte.
func TestGolden(t *testing.T) {
	want := map[string]string{
		"resnet18 float32": "71f6f95fa9ab7ee9", "inception_v3 uint8": "57efc4a4ab321179", "se_resnext50 uint8": "42a2073c80a031ca",
		"densenet121 float32": "5bd1bb6af328af2f", "convnext_tiny uint8": "ca9d3bed00bfab45",
	}
	for name, sum := range want {
		model, input, _ := strings.Cut(name, " ")
		o := Options{Network: models.Options{Model: model, Channels: 3, Classes: 5}, Input: Input(input), Norm: data.NormFixed, Version: "v1"}
		var b bytes.Buffer
		if err := Write(&b, o, drawn(t, o.Network)); err != nil {
			t.Fatal(err)
		}
		digest := sha256.Sum256(b.Bytes())
		if got := hex.EncodeToString(digest[:8]); got != sum {
			t.Errorf("%s: %s, want %s", name, got, sum)
		}
	}
}

// The shares of an adaptive pool are PyTorch's: whole windows, which may overlap.
func TestShares(t *testing.T) {
	for _, c := range []struct {
		to, from int
		want     string
	}{{2, 4, "[0.5 0.5 0 0 0 0 0.5 0.5]"}, {2, 3, "[0.5 0.5 0 0 0.5 0.5]"}, {3, 2, "[1 0 0.5 0.5 0 1]"}} {
		if got := fmt.Sprint(shares(c.to, c.from)); got != c.want {
			t.Errorf("%d from %d: %s, want %s", c.to, c.from, got, c.want)
		}
		for i, row := range slices.Collect(slices.Chunk(shares(c.to, c.from), c.from)) {
			sum := 0.
			for _, v := range row {
				sum += float64(v)
			}
			if math.Abs(sum-1) > 1e-6 {
				t.Errorf("row %d of %d from %d sums to %g", i, c.to, c.from, sum)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	whole := models.Options{Model: "resnet18"}
	for _, c := range []struct {
		o       models.Options
		weights []models.Tensor
		want    string
	}{
		{models.Options{Model: "vgg"}, nil, `model "vgg" is not one of`},
		{whole, drawn(t, whole)[1:], "the weights have no "},
		{models.Options{Model: "resnet18", Channels: 3}, drawn(t, whole), "conv1.weight is of shape [64 4 7 7], want [64 3 7 7]"},
		{models.Options{Model: "se_resnext50", AttentionSize: 4}, drawn(t, models.Options{Model: "se_resnext50"}), "give the size"},
	} {
		if err := Write(&bytes.Buffer{}, Options{Network: c.o, Input: Float32}, c.weights); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
}
