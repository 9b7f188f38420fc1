// Package flow is the engine: typed graphs of stages that records stream
// through. It knows no images and no .flow files; package flow/lang reads
// those, and the packages sources, ops and sinks bring the components.
//
// # Wiring
//
// A stage is added by a generic function that takes the outputs it reads and
// gives its own, so that a wrong edge does not compile:
//
//	g := flow.New(flow.Options{})
//	names := flow.Source(g, flow.Stage{Name: "names"}, list)
//	sizes := flow.Map(names, flow.Stage{Name: "size"}, measure)
//	flow.To(sizes, flow.Stage{Name: "table"}, table)
//	err := g.Run(ctx)
//
// Map is for work on one record: it runs on several at once. Process is for a
// stage that sees the stream: a batch, a training step. To ends in a sink.
// Package flow/streams puts go-streams components into a graph, and a graph
// among go-streams components.
//
// A component that a .flow file can name is a Spec in a Registry: its ports,
// fields, defaults and documentation, and the function that wires it.
//
// # What always holds
//
// Order. An edge numbers what passes and hands it over in that order, however
// many workers put and take. A record that fails or is dropped leaves its
// place marked, so nothing waits for it. Results do not depend on the number
// of workers; what is random is drawn by Rand from seed, epoch and key.
//
// Bounds. An edge holds so many records and no more, and the ledger holds so
// many bytes for all edges and workers together. One record may exceed the bytes
// where nothing is under way behind it (one a stage before ways that meet again),
// so that no bound can stop a flow. A function that finds out what a
// record takes before it spends it says so by Reserve; what would not fit by
// itself is then refused. A full edge blocks its producers: that is the
// backpressure everything else here reads.
//
// Errors. What a stage's function returns or panics with is the record's: a
// tombstone in its place and a DeadLetter, or the end of the run, as the
// policy says. What ends a run is its cause, a StageError with stage and key.
// A sink is committed only when there is no cause, and aborted otherwise; a
// closed input never means "complete".
//
// Ends. When Run returns, every goroutine of the graph has returned. A graph
// that cannot move because its stages wait for each other ends with ErrStalled.
//
// Going on. A stage that can go on where an earlier run stopped says so by
// OnResume; the sink that holds its state calls ResumeFrom. Sources then begin
// inside a pass over their data, and pass by the records that are done with. A
// stage that is cut short may Leave its state, which a sink finds by Left. Sinks
// that know what they hold by key are asked before a record is yielded; those behind
// an op that makes several records of one, about the keys of these, by OnSeveral.
//
// # How an edge works
//
// An edge is a ring of n places under a lock, and channels for all that is
// waited for, so that a cancelled flow waits for nothing. Position p stands in place
// p mod n from the moment it is put until it is taken. The workers of a stage
// pass a turn around, a channel that holds the position to take next: whoever
// has it waits for room on the output, then for records on the input, and takes
// them. So a result always finds its place empty. It is put at the position of
// what it is made from, whenever it is done. Nothing sorts and nothing
// dispatches: order is the ring's. Records themselves go through no channel: a
// send a record costs more than all the rest.
//
// Records are taken and put in runs, as many as stand there, so that small ones
// pay for a lock, a wake-up and a look at the clock by the dozen. Nobody waits
// for a run to fill: what is put can be taken at once, and a lone record passes
// as a run of one. A worker's share of records is what it does in 50 us or so;
// if one turns out dear, what is done is put, and half of the rest spared to
// whoever waits for the turn. On an edge with no number of its own, small
// records may be as many as the ring has places; once what stands there exceeds
// 32 KiB, no more than the workers on both sides need. Memory is booked for a
// whole run, or where it does not suffice, for one record after another.
//
// Neighbouring stages are not fused into one goroutine. To hand a record over
// costs some 50 ns, on both sides together; for that, each stage has its own
// core, clock and profile label, and its own place in the tuner's sums.
package flow
