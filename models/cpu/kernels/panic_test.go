package kernels

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// A piece that panics ends the call with what it panicked with and where, and
// no goroutine stays behind; the workspace serves the next call.
func TestPanicOfAPiece(t *testing.T) {
	defer goleak.VerifyNone(t)
	ws := NewWorkspaceOf(4)
	fault := errors.New("odd")
	err := func() (err error) {
		defer func() { err = Caught(recover()) }()
		ws.each(1000, func(_ *scratch, i int) {
			if i == 37 {
				panicOdd(fault)
			}
		})
		return nil
	}()
	var p *Panic
	if !errors.As(err, &p) || p.Value != fault || !strings.Contains(string(p.Stack), "panicOdd") || err.Error() != "panic: odd" {
		t.Fatalf("%v", err)
	}
	done := make([]bool, 1000)
	ws.each(len(done), func(_ *scratch, i int) { done[i] = true })
	for i, d := range done {
		if !d {
			t.Fatalf("piece %d was left out", i)
		}
	}
}

func panicOdd(fault error) { panic(fault) }

// What a kernel is given wrongly is found on the caller's goroutine.
func TestPanicOfAKernel(t *testing.T) {
	c, err := NewConv(ConvShape{In: 16, Out: 256, H: 9, W: 9, KH: 3, KW: 3, PadH: 1, PadW: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if p, ok := recover().(*Panic); !ok || !strings.Contains(string(p.Stack), "packPanel") {
			t.Errorf("%v", p)
		}
	}()
	ws := NewWorkspaceOf(2)
	packed := ws.shared.get(slotA, c.forward.packedSize())
	c.forward.pack(ws, c.machine, packed, make([]float32, 40)) // of 36864 weights, of several panels
}
