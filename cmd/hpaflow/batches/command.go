package batches

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/lang"
	"hpaflow/ops/edges"
)

// Program is what the command needs of the program that it belongs to.
type Program struct {
	Flags []cli.Flag // --set, --workers, --memory

	// Load reads a flow with its values; Options joins what it says with the flags.
	Load    func(c *cli.Context) (*lang.Plan, error)
	Options func(c *cli.Context, plan *lang.Plan) (flow.Options, error)

	Interruptible func(context.Context) (context.Context, func())
	Outcome       func(flow.Stats, error) error

	// Words are an error's for whoever reads the batches; Told ends the program as the
	// error would, which the reader tells, unless it could not be told.
	Words func(error) string
	Told  func(err, untold error) error
}

// mostEpochs is as many as a source goes through; training loops end before.
const mostEpochs = 1 << 20

// Command is batches.
func (p Program) Command() *cli.Command {
	return &cli.Command{
		Name:      "batches",
		Usage:     "write the batches of a training flow for a training loop in another program",
		ArgsUsage: "FILE.flow",
		Description: "Runs what op \"train\" of the flow reads, and writes the batches to standard output, frame by frame, or into shared\n" +
			"memory, as the Python package hpaflow has it (pip install sinks/python). The order follows from the flow's seed.\n" +
			"\n" +
			"A frame is its length (8 bytes, little-endian), a kind of 4 letters, and: head, JSON of samples, batches, batch and\n" +
			"classes; data, three fields, each with its length in 8 bytes: JSON of epoch, batch, records and keys, the images\n" +
			"(N,C,H,W) and the targets (N,classes) as NumPy's .npy; last, JSON of the epoch that has ended; fail, a message; done.",
		Flags: append(slices.Clone(p.Flags),
			&cli.StringFlag{Name: "split", Value: "train", Usage: "train: what is trained on; val: what is validated on"},
			&cli.StringFlag{Name: "dtype", Value: float32Type, Usage: "float32: normalised as the flow says; uint8: pixels as they are"},
			&cli.IntFlag{Name: "epoch", Usage: "the first epoch, from 0"},
			&cli.Int64Flag{Name: "records", Usage: "of that epoch, pass by so many records: what the last batch that was read says"},
			&cli.IntFlag{Name: "epochs", Value: 1, Usage: "how many; 0: until nobody reads"},
			&cli.BoolFlag{Name: "drop-last", Usage: "leave out what does not fill a batch, and batches that do not go evenly into --world-size (default: so for train)"},
			&cli.IntFlag{Name: "rank", Usage: "of several processes that share an epoch, the number of this one, from 0"},
			&cli.IntFlag{Name: "world-size", Value: 1, Usage: "how many processes share an epoch"},
			&cli.IntFlag{Name: "ring", Value: -1, Hidden: true}, &cli.IntFlag{Name: "slots", Value: 4, Hidden: true},
		),
		Action: func(c *cli.Context) error {
			if err := check(c); err != nil {
				return err
			}
			err := p.run(c)
			if err == nil || c.Int("ring") < 0 {
				return err
			}
			return p.Told(err, writeFrame(c.App.Writer, failFrame, p.Words(err)))
		},
	}
}

func check(c *cli.Context) error {
	switch {
	case c.NArg() != 1:
		return fmt.Errorf("batches takes one .flow file, not %d", c.NArg())
	case c.String("split") != "train" && c.String("split") != "val":
		return fmt.Errorf("--split is %q, want train or val", c.String("split"))
	case c.String("dtype") != float32Type && c.String("dtype") != uint8Type:
		return fmt.Errorf("--dtype is %q, want float32 or uint8", c.String("dtype"))
	case c.Int("epoch") < 0 || c.Int("epoch") >= mostEpochs || c.Int64("records") < 0 || c.Int("epochs") < 0:
		return errors.New("--epoch, --records and --epochs are no less than 0")
	case c.Int("world-size") < 1 || c.Int("rank") < 0 || c.Int("rank") >= c.Int("world-size"):
		return fmt.Errorf("--rank is %d of %d, want 0 to %d", c.Int("rank"), c.Int("world-size"), c.Int("world-size")-1)
	case c.Int("slots") < 1 || c.Int("slots") > 256:
		return errors.New("--slots is 1 to 256")
	}
	return nil
}

// port is where op train takes what a split means.
var port = map[string]string{"train": "in", "val": "validate"}

func (p Program) run(c *cli.Context) error {
	plan, err := p.Load(c)
	if err != nil {
		return err
	}
	step := slices.IndexFunc(plan.Nodes, func(n lang.Node) bool { return n.Spec.Kind == flow.KindOp && n.Spec.Name == "train" })
	if step < 0 {
		return fmt.Errorf(`%s has no op "train", whose batches could be written`, c.Args().First())
	}
	opts, err := p.Options(c, plan)
	if err != nil {
		return err
	}
	even := c.String("split") == "train"
	if c.IsSet("drop-last") {
		even = c.Bool("drop-last")
	}
	w := &writer{out: c.App.Writer, dtype: c.String("dtype"), epoch: c.Int("epoch"), until: c.Int("epoch") + c.Int("epochs")}
	if c.Int("epochs") == 0 {
		w.until = mostEpochs
	}
	first := adapt(plan, plan.Nodes[step], port[c.String("split")], w.until, even)
	if world := c.Int("world-size"); world > 1 {
		w.share = flow.Share{Rank: c.Int("rank"), World: world, Group: first.size, Even: even}
		opts.Share = w.share
	}
	ctx, stop := p.Interruptible(c.Context)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g := flow.New(opts)
	out, err := plan.BuildPort(g, plan.Nodes[step], port[c.String("split")])
	if err != nil {
		return err
	}
	batches, ok := out.(flow.Out[*data.Batch])
	if !ok {
		return fmt.Errorf("port %s of op train holds no batches", port[c.String("split")])
	}
	h, err := w.begin(batches, first, even)
	if err != nil {
		return err
	}
	if c.Int64("records") > 0 || w.epoch > 0 {
		records := map[string]int64{}
		for _, source := range batches.Sources() {
			records[source] = c.Int64("records")
		}
		if err := g.ResumeFrom(flow.Resume{Epochs: w.epoch, Records: records}); err != nil {
			return err
		}
	}
	w.number = passed(w, c.Int64("records"), first.size)
	if fd := c.Int("ring"); fd >= 0 {
		w.ring = newRing(fd, c.Int("slots"))
		go w.ring.serve(os.Stdin, cancel)
	}
	if err := writeFrame(w.out, headFrame, h); err != nil {
		return err
	}
	end := flow.Process(batches, flow.Stage{Name: "batches", Kind: flow.KindOp}, w.run)
	flow.To(end, flow.Stage{Name: "nothing"}, flow.Discard[struct{}]())
	cause := g.Run(ctx)
	switch {
	case cause == nil || errors.Is(cause, errAll):
		return writeFrame(w.out, doneFrame, nil)
	case errors.Is(cause, errReader):
		return nil
	}
	return p.Outcome(g.Stats(), cause)
}

// batchOp is the op that makes the batches.
type batchOp struct{ size, classes int }

// adapt lets the nodes before a port go through so many epochs, and drop or keep an
// epoch's last batch.
func adapt(plan *lang.Plan, train lang.Node, port string, epochs int, dropLast bool) (b batchOp) {
	before := plan.Before(train, port)
	for i, n := range plan.Nodes {
		if !before[n.Ref()] {
			continue
		}
		n.Args = maps.Clone(n.Args)
		switch {
		case n.Spec.Kind == flow.KindSource && n.Args["epochs"] != nil:
			n.Args["epochs"] = epochs
		case n.Spec.Kind == flow.KindOp && n.Spec.Name == "batch":
			n.Args["drop_last"] = dropLast
			b = batchOp{n.Args.Int("size"), n.Args.Int("classes")}
		}
		plan.Nodes[i].Args = n.Args
	}
	return b
}

// begin is what is known of an epoch.
func (w *writer) begin(from flow.Out[*data.Batch], b batchOp, even bool) (head, error) {
	h := head{Batch: b.size, Classes: b.classes}
	for _, rows := range flow.Told[edges.Rows](from) {
		h.Samples = len(rows.IDs)
	}
	if h.Samples == 0 || b.size == 0 {
		return h, errors.New("the batches are not of samples of a table, so that nobody can tell an epoch's end")
	}
	w.all = (h.Samples + b.size - 1) / b.size
	if w.share.World > 0 {
		w.groups = w.share.Groups(h.Samples)
		h.Batches = len(w.groups)
	} else if h.Batches = w.all; even {
		h.Batches = h.Samples / b.size
	}
	if h.Batches == 0 {
		return h, fmt.Errorf("%d samples make no batch of %d for each of %d: fewer samples a batch, or --drop-last=false", h.Samples, b.size, max(1, w.share.World))
	}
	return h, nil
}

// passed is how many batches so many records were.
func passed(w *writer, records int64, size int) int {
	if w.share.World == 0 {
		return int(records) / size
	}
	n := 0
	for _, group := range w.groups {
		if int64((group+1)*size) <= records {
			n++
		}
	}
	return n
}
