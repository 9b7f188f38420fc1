package kernels

import "testing"

// What is shorter than its shape says ends a call with a panic of the slice,
// before a loop would read or write behind it.
func TestShortSlicesPanic(t *testing.T) {
	const c, plane = 2 * Lanes, 40
	f := func(n int) []float32 { return make([]float32, n) }
	whole, short := f(c*plane), f(c*plane-1)
	ws := NewWorkspaceOf(2)
	b := BatchNorm{C: c, Plane: plane}
	q := SqueezeExcite{C: c, Hidden: 2, Plane: plane}
	w := SqueezeWeights{f(2 * c), f(2), f(2 * c), f(c)}
	conv, err := NewConv(ConvShape{In: c, Out: c, H: 5, W: 8, KH: 1, KW: 1})
	if err != nil {
		t.Fatal(err)
	}
	packed := conv.Pack(ws, f(c*c))
	p := MaxPool{C: c, H: 5, W: 8, Kernel: 1, Stride: 1}
	for what, call := range map[string]func(){
		"add":                 func() { Add(ws, whole, short) },
		"cut":                 func() { ReLUBackward(ws, whole, short, whole) },
		"adam":                func() { Adam(ws, whole, whole, short, whole, nil, AdamStep{Step: 1}) },
		"normalised":          func() { b.Evaluate(ws, 1, short, whole, nil, f(c), f(c), f(c), f(c)) },
		"normalised residual": func() { b.Evaluate(ws, 1, whole, whole, short, f(c), f(c), f(c), f(c)) },
		"gradient":            func() { b.Backward(ws, 1, whole, short, whole, f(c), NewMoments(c), f(c), f(c)) },
		"squeeze":             func() { q.Forward(ws, 1, whole, whole, short, w, q.NewGates(1)) },
		"residual":            func() { conv.Infer(ws, 1, whole, whole, packed, Epilogue{Residual: short}) },
		"bias":                func() { conv.Infer(ws, 1, whole, whole, packed, Epilogue{Bias: f(c - 1)}) },
		"largest":             func() { p.Forward(ws, 1, whole, short, nil) },
		"places":              func() { p.Forward(ws, 1, whole, whole, make([]uint8, c*plane-1)) },
		"average of a plane":  func() { AveragePool(1, c, plane, f(c), short) },
		"average":             func() { AveragePool3{c, 5, 8}.Run(ws, 1, whole, short) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			call()
		}()
	}
}
