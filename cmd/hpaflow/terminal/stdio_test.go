package terminal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

var errGone = errors.New("gone")

// What goes through standard input and output is what went in, bound to a run
// or not.
func TestStreamsPassEverything(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), 30_000)
	for _, ctx := range []context.Context{nil, t.Context()} {
		for _, reader := range []io.Reader{bytes.NewReader(text), iotest.HalfReader(bytes.NewReader(text)), iotest.DataErrReader(bytes.NewReader(text))} {
			in := &Input{r: reader, ctx: ctx}
			var got bytes.Buffer
			out := &Output{w: &got, ctx: ctx}
			if n, err := io.Copy(out, in); err != nil || n != int64(len(text)) || !bytes.Equal(got.Bytes(), text) || out.Failed() != nil {
				t.Errorf("%d of %d bytes, %v", n, len(text), err)
			}
		}
	}
}

// The end of a run ends what waits, and is no fault of the output; an error of
// writing is, and stays.
func TestStreamsEndWithTheRun(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stuckIn, w := io.Pipe()
	r, stuckOut := io.Pipe()
	defer w.Close()
	defer r.Close()
	in, out := &Input{r: stuckIn, ctx: ctx}, &Output{w: stuckOut, ctx: ctx}
	cancel(errGone)
	if _, err := in.Read(make([]byte, 9)); !errors.Is(err, errGone) {
		t.Errorf("reading: %v", err)
	}
	if _, err := out.Write([]byte("x")); !errors.Is(err, errGone) || out.Failed() != nil {
		t.Errorf("writing: %v, %v", err, out.Failed())
	}

	broken := &Output{w: failing{}}
	broken.Write([]byte("x"))
	broken.w = io.Discard
	broken.Write([]byte("x"))
	if !errors.Is(broken.Failed(), errGone) {
		t.Errorf("the first error is %v", broken.Failed())
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errGone }
