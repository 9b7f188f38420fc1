package images

import (
	"testing"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// A sample is resized to a square, and the one that came in is left as it was.
func TestResize(t *testing.T) {
	came := &data.Sample{ID: "1_A1_1", Image: data.NewImage(6, 4, 4, 8)}
	g := flow.New(flow.Options{})
	in := flow.FromSlice(g, flow.Stage{Name: "in"}, []*data.Sample{came})
	out, err := resizeSpec().Build(&component.Node{
		Graph: g, Spec: resizeSpec(), Name: "small",
		Args:   component.Args{"size": 2, "workers": 1},
		Inputs: map[string]component.Output{"in": in},
	})
	if err != nil {
		t.Fatal(err)
	}
	var went []*data.Sample
	flow.Collect(out.(flow.Out[*data.Sample]), flow.Stage{Name: "out"}, &went)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if im := went[0].Image; im.Width != 2 || im.Height != 2 || len(im.Planes) != 4 {
		t.Errorf("%d x %d pixels, %d planes", im.Width, im.Height, len(im.Planes))
	}
	if came.Image.Width != 6 {
		t.Error("the sample that came in has changed")
	}
}
