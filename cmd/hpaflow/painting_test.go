package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/models/network"
	"hpaflow/models/statedict"
)

// paint DIR SIZE DEPTH SAMPLES CHANNEL... makes fields of Cell Painting, a file for
// each channel: DIR/P1_A01_s1_CHANNEL.png. The second field shows the picture of the
// first.
func paint(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 5 {
		ts.Fatalf("paint DIR SIZE DEPTH SAMPLES CHANNEL...")
	}
	var n [3]int
	for i := range n {
		v, err := strconv.Atoi(args[i+1])
		ts.Check(err)
		n[i] = v
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	for sample := range n[2] {
		for _, channel := range args[4:] {
			picture := sample
			if sample == 1 {
				picture = 0
			}
			b, err := codec.AppendRGBY(nil, field(n[0], n[1], fmt.Sprint(picture, channel)))
			ts.Check(err)
			ts.Check(os.WriteFile(filepath.Join(dir, fmt.Sprintf("P1_A%02d_s1_%s.png", sample+1, channel)), b, 0o666))
		}
	}
}

// field is a plane with a few bright spots, whose places follow from a text.
func field(size, depth int, text string) *data.Image {
	im := data.NewImage(size, size, 1, depth)
	for spot := range 6 {
		h := fnv.New32a()
		fmt.Fprint(h, text, spot)
		at := h.Sum32()
		x0, y0, width := float64(at%uint32(size)), float64(at>>8%uint32(size)), 2+float64(at>>24%8)
		for i := range size * size {
			dx, dy := float64(i%size)-x0, float64(i/size)-y0
			v := math.Exp(-(dx*dx + dy*dy) / (2 * width * width))
			if depth == 8 {
				im.Planes[0].U8[i] = max(im.Planes[0].U8[i], uint8(255*v))
			} else {
				im.Planes[0].U16[i] = max(im.Planes[0].U16[i], uint16(65535*v))
			}
		}
	}
	return im
}

// published MODEL FILE makes weights as they are published: for three planes and a
// thousand labels, under torchvision's names.
func published(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("published MODEL FILE")
	}
	outline, err := network.Sketch(args[0], 3, 64, 64, 1000, false)
	ts.Check(err)
	for i, t := range outline.Tensors {
		size := 1
		for _, d := range t.Shape {
			size *= d
		}
		data := make([]float32, size)
		for k := range data {
			data[k] = .01 * float32((k*7+i)%13-6)
			if len(t.Shape) == 1 { // batch norm's
				data[k] = 1
			}
		}
		if t.Name == "last_linear.weight" || t.Name == "last_linear.bias" {
			t.Name = "fc" + t.Name[len("last_linear"):]
		}
		outline.Tensors[i] = statedict.Tensor{Name: t.Name, Shape: t.Shape, Data: data}
	}
	f, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	defer f.Close()
	ts.Check(statedict.Write(f, outline.Tensors, map[string]string{"format": "pt"}))
}
