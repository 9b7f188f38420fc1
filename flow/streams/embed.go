package streams

import (
	"context"

	"github.com/reugn/go-streams"
	ops "github.com/reugn/go-streams/flow"

	"hpaflow/flow"
)

// Source is a graph that ends in a go-streams source.
type Source struct{ embedded }

// Flow is a graph between a go-streams inlet and outlet.
type Flow struct{ embedded }

// Sink is a graph that begins with a go-streams inlet and ends in sinks
// of its own.
type Sink struct{ embedded }

var (
	_ streams.Source = (*Source)(nil)
	_ streams.Flow   = (*Flow)(nil)
	_ streams.Sink   = (*Sink)(nil)
)

// AsSource makes a graph, as wire builds it, a go-streams source. It starts at
// once. Its outlet closes at the end of the run; Err then tells why.
func AsSource[T any](ctx context.Context, opts flow.Options, wire func(*flow.Graph) flow.Out[T]) *Source {
	s := &Source{embed(opts)}
	close(s.in) // there is nothing before it to be drained
	flow.To(wire(s.graph), flow.Stage{Name: "outlet"}, &chanSink[T]{s.out})
	s.start(ctx)
	return s
}

// AsFlow makes stages, as wire adds them, a go-streams flow. It starts at once.
// Its outlet closes at the end of the run; Err then tells why. Values that are
// not an A are record errors.
func AsFlow[A, B any](ctx context.Context, opts flow.Options, wire func(flow.Out[A]) flow.Out[B]) *Flow {
	s := &Flow{embed(opts)}
	in := From[A](s.graph, flow.Stage{Name: "inlet"}, inlet(s.in), nil)
	flow.To(wire(in), flow.Stage{Name: "outlet"}, &chanSink[B]{s.out})
	s.start(ctx)
	return s
}

// AsSink makes stages that end in sinks a go-streams sink. It starts at once;
// AwaitCompletion waits for the end of the run, and Err then tells how it went.
func AsSink[T any](ctx context.Context, opts flow.Options, wire func(flow.Out[T])) *Sink {
	s := &Sink{embed(opts)}
	wire(From[T](s.graph, flow.Stage{Name: "inlet"}, inlet(s.in), nil))
	s.start(ctx)
	return s
}

// embedded is a graph that runs behind channels.
type embedded struct {
	graph   *flow.Graph
	in, out chan any
	done    chan struct{}
	err     *error
}

func embed(opts flow.Options) embedded {
	return embedded{flow.New(opts), make(chan any), make(chan any), make(chan struct{}), new(error)}
}

func (e embedded) start(ctx context.Context) {
	go func() {
		*e.err = e.graph.Run(ctx)
		close(e.out)
		close(e.done)
		e.pass(ctx)
	}()
}

// pass takes what still comes, since a run that failed must not hold up the
// stream before: until that ends, or some time after ctx has.
func (e embedded) pass(ctx context.Context) {
	for {
		select {
		case _, open := <-e.in:
			if !open {
				return
			}
		case <-ctx.Done():
			drainStream(e.in)
			return
		}
	}
}

// In is where the stream before sends its values.
func (e embedded) In() chan<- any { return e.in }

// Out is where the stream after finds the values.
func (e embedded) Out() <-chan any { return e.out }

// Err waits for the end of the run and gives its cause; nil when all went well.
func (e embedded) Err() error {
	<-e.done
	return *e.err
}

// Stats is what the graph has done so far.
func (e embedded) Stats() flow.Stats { return e.graph.Stats() }

// AwaitCompletion waits for the end of the run.
func (e embedded) AwaitCompletion() { <-e.done }

// Via sends the values on to a flow, and gives that flow.
func (s *Source) Via(to streams.Flow) streams.Flow {
	ops.DoStream(s, to)
	return to
}

// Via sends the values on to a flow, and gives that flow.
func (s *Flow) Via(to streams.Flow) streams.Flow {
	ops.DoStream(s, to)
	return to
}

// To sends the values to a sink and waits until it has them all.
func (s *Flow) To(sink streams.Sink) {
	ops.DoStream(s, sink)
	sink.AwaitCompletion()
}

// inlet is a channel seen from the graph behind it.
type inlet <-chan any

func (c inlet) Out() <-chan any { return c }

// chanSink ends a graph in a channel.
type chanSink[T any] struct{ out chan<- any }

func (*chanSink[T]) Open(context.Context) error { return nil }

func (s *chanSink[T]) Write(ctx context.Context, r flow.Record[T]) error {
	select {
	case s.out <- r.Value:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (*chanSink[T]) Commit(context.Context) error { return nil }
func (*chanSink[T]) Abort() error                 { return nil }
