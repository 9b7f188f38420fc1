package preview

import (
	"bytes"
	"image"
	"image/png"
	"reflect"
	"strings"
	"testing"

	"hpaflow/cmd/hpaflow/live"
	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/metrics"
	"hpaflow/models/checkpoint"
)

// Whatever travels is shown within bounds, and what is copied is not the value's own.
func TestCopy(t *testing.T) {
	large := data.NewImage(3000, 1500, 4, 16)
	large.Planes[1].U16[0] = 9000
	var encoded bytes.Buffer
	if err := codec.EncodeRGBY(&encoded, data.NewImage(64, 48, 4, 8)); err != nil {
		t.Fatal(err)
	}
	batch := &data.Batch{N: 12, C: 4, H: 50, W: 100, X: make([]float32, 12*4*50*100)}
	for i := range batch.X {
		batch.X[i] = float32(i%7) - 3
	}
	plane := func() *data.Image { return data.NewImage(20, 10, 1, 8) }
	for _, c := range []struct {
		name  string
		value any
		says  string
		size  image.Point
	}{
		{"a large sample", &data.Sample{ID: "a", Labels: data.LabelsOf(3), Labeled: true, Image: large}, "labels 3, 3000 × 1500 pixels, 4 planes, 16 bits", image.Pt(192, 96)},
		{"a small one", &data.Sample{Image: data.NewImage(7, 5, 1, 8)}, "7 × 5 pixels", image.Pt(7, 5)},
		{"one that is not decoded", &data.Sample{Files: []data.File{{Name: "x_red.png"}}}, "x_red.png", image.Point{}},
		{"a batch", batch, "12 images of 4 planes, 100 × 50 pixels", image.Pt(192, 96)},
		{"a batch that is done with", &data.Batch{N: 3, C: 4, H: 5, W: 6}, "3 images", image.Point{}},
		{"channels", &data.Channels{List: []data.Channel{{Name: "red", Image: plane()}, {Name: "green"}, {Name: "blue", Image: plane()}}}, "channels red, blue", image.Pt(20, 10)},
		{"a file", data.File{Name: "a.png", Data: encoded.Bytes()}, "a.png", image.Pt(64, 48)},
		{"a broken file", data.File{Name: "b.png", Data: encoded.Bytes()[:90]}, "b.png, 90 bytes", image.Point{}},
		{"a prediction", &data.Prediction{P: []float64{0.2, 0.75, 0.5}}, "1: 0.75, 2: 0.50", image.Point{}},
		{"another value", &struct {
			Name   string
			Values []float64
			hidden int
		}{"x", make([]float64, 1000), 1}, "Name x, Values 0 0 0 0 0 0 … of 1000", image.Point{}},
		{"none", nil, "", image.Point{}},
		{"a number", 7, "7", image.Point{}},
	} {
		seen := Eyes{}.Copy(c.value)()
		if !strings.Contains(seen.Text, c.says) {
			t.Errorf("%s: %q, want %q", c.name, seen.Text, c.says)
		}
		if seen.PNG == nil {
			if c.size != (image.Point{}) {
				t.Errorf("%s: there is no picture", c.name)
			}
			continue
		}
		if im, err := png.Decode(bytes.NewReader(seen.PNG)); err != nil || im.Bounds().Size() != c.size {
			t.Errorf("%s: %v, %v, want %v", c.name, im.Bounds().Size(), err, c.size)
		}
	}
	mine := &data.Sample{Image: data.NewImage(4, 4, 1, 8)}
	finish := Eyes{}.Copy(mine)
	for i := range mine.Image.Planes[0].U8 {
		mine.Image.Planes[0].U8[i] = 255 // its next reader has it for itself
	}
	if im, err := png.Decode(bytes.NewReader(finish().PNG)); err != nil {
		t.Error(err)
	} else if r, _, _, _ := im.At(1, 1).RGBA(); r != 0 {
		t.Error("a picture shows what became of the value later")
	}
}

func TestShows(t *testing.T) {
	for value, want := range map[any]string{&data.Sample{}: live.Pictures, &data.Batch{}: live.Pictures, 7: live.Values} {
		if got := (Eyes{}).Shows(reflect.TypeOf(value)); got != want {
			t.Errorf("%T shows %q, want %q", value, got, want)
		}
	}
	if (Eyes{}).Shows(nil) != "" {
		t.Error("something is shown of a stage that yields nothing")
	}
}

// An epoch tells of those before it; what is between epochs tells none.
func TestEpochs(t *testing.T) {
	scores := func(n int) checkpoint.EpochScores {
		return checkpoint.EpochScores{Epoch: n, LR: .1, Train: metrics.Result{Loss: 2}, Val: &metrics.Result{Loss: 3, MacroF1: .5, MacroF1Present: .7}}
	}
	last := scores(1)
	p := &checkpoint.Progress{Scores: &last, Checkpoint: &checkpoint.Checkpoint{Position: checkpoint.Position{History: []checkpoint.EpochScores{scores(0), scores(1)}}}}
	got := Eyes{}.Epochs(p)
	if len(got) != 2 || got[1].Epoch != 1 || got[1].Train.Loss != 2 || got[1].Val.Loss != 3 || got[1].Val.F1 != .5 || got[1].Val.Present != .7 {
		t.Errorf("%+v", got)
	}
	if !(Eyes{}).Trains(reflect.TypeOf(p)) || (Eyes{}).Epochs(&checkpoint.Progress{}) != nil || (Eyes{}).Epochs(7) != nil {
		t.Error("what is no epoch is taken for one")
	}
}
