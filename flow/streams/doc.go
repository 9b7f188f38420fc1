// Package streams puts components of reugn/go-streams into a graph, and graphs
// among components of go-streams: its connectors, operators and sinks are at
// the hand of a Go program, and a graph of ours can stand in theirs.
//
// From, Through and To take a go-streams source, flow or sink into a graph.
// AsSource, AsFlow and AsSink make a graph one.
//
// A go-streams component speaks `chan any`: it knows no keys, no errors and no
// cancellation. What always holds here:
//
//   - The type of what a component yields is checked: another one is a record
//     error, as is a value that is an error.
//   - On cancellation, and when a component ends before its input does, its
//     inlet is closed and its outlet drained, so that its goroutines can end.
//
// What cannot be had: a panic on a goroutine of the component's own ends the
// process, and order holds only if the component keeps it. So they have no
// place between records and a sink whose bytes are a promise.
package streams
