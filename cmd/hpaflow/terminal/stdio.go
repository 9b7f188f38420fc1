package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Output is standard output. It remembers the first error, so that no command
// ends well whose output is lost; and once it is bound to a run, the run's end
// ends a write that a reader does not take.
type Output struct {
	w io.Writer

	mu  sync.Mutex
	ctx context.Context // of the run; nil: writes are waited for
	err error
}

// NewOutput is standard output, or what stands for it.
func NewOutput(w io.Writer) *Output { return &Output{w: w} }

// File is the file that is written to; nil where there is none.
func (o *Output) File() *os.File {
	f, _ := o.w.(*os.File)
	return f
}

// Until binds writing to a run.
func (o *Output) Until(ctx context.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ctx = ctx
}

// Failed is the first error of writing, if there was one.
func (o *Output) Failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// Write implements io.Writer. A write that the end of the run has cut short may
// still be under way, and what it was given must stay as it is; writers do not
// go on after an error.
func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	ctx := o.ctx
	o.mu.Unlock()
	n, err := withdrawn(ctx, func() (int, error) { return o.w.Write(b) })
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.err == nil && (ctx == nil || ctx.Err() == nil) {
			o.err = err
		}
	}
	return n, err
}

// Input is standard input, whose reads end with the run they are bound to.
type Input struct {
	r   io.Reader
	ctx context.Context // nil: reads are waited for
	own []byte          // what is read into, since a read may outlast its call; the last one that does has it
}

// NewInput is standard input, or what stands for it.
func NewInput(r io.Reader) *Input { return &Input{r: r} }

// File is the file that is read from; nil where there is none.
func (i *Input) File() *os.File {
	f, _ := i.r.(*os.File)
	return f
}

// Until binds reading to a run, before it begins.
func (i *Input) Until(ctx context.Context) { i.ctx = ctx }

// Read implements io.Reader. It has one caller at a time.
func (i *Input) Read(b []byte) (int, error) {
	if i.ctx == nil {
		return i.r.Read(b)
	}
	if len(i.own) < len(b) {
		i.own = make([]byte, len(b))
	}
	own := i.own[:len(b)]
	n, err := withdrawn(i.ctx, func() (int, error) { return i.r.Read(own) })
	return copy(b, own[:n]), err
}

// withdrawn does what may block for ever until a context ends, and leaves it
// behind then.
func withdrawn(ctx context.Context, do func() (int, error)) (int, error) {
	if ctx == nil {
		return do()
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	go func() {
		n, err := do()
		done <- result{n, err}
	}()
	select {
	case r := <-done:
		return r.n, r.err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// Open says whether there is a standard output to write data to. A program
// that was started without one has the null device in its place, for reading
// and writing, which nobody who throws data away opens it for.
func (o *Output) Open() error {
	f, ok := o.w.(*os.File)
	if ok && isStandIn(f) {
		return errors.New("standard output is closed; to throw the data away, write them to /dev/null")
	}
	return nil
}

// TakesBytes refuses to write what is no text to a terminal, which it would
// leave in disorder.
func (o *Output) TakesBytes(what string) error {
	if isTerminal(o.w) {
		return fmt.Errorf("standard output is a terminal, and %s is no text: send it into a file (> FILE) or a pipe (| COMMAND)", what)
	}
	return nil
}
