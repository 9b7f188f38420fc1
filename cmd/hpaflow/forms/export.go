package forms

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"hpaflow/data/shards"
	"hpaflow/data/shards/forms"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// planned is a sample that is to be exported, and the file it comes into.
type planned struct {
	key  string
	file int
}

// frame is one as the shards hold it.
type frame struct {
	planned
	name   string
	packed []byte
}

func (f frame) Bytes() int64 { return int64(len(f.packed)) }

// atOnce is how many frames of a store are got at the same time.
const atOnce = 64

func (p Program) export(c *cli.Context, o forms.Options, out string) error {
	opts, err := p.Options(c)
	if err != nil {
		return err
	}
	r, err := p.Open(c.Args().First())
	if err != nil {
		return err
	}
	defer r.Close()
	plan, err := forms.Cut(r, o)
	if err != nil {
		return p.Failed(err)
	}
	opts.Name = "export"
	g := flow.New(opts)
	sink := &folderSink{dir: out, plan: plan}
	source := flow.Source(g, flow.Stage{Name: "shards"}, func(_ context.Context, to *flow.Emitter[planned]) error {
		return list(plan, to)
	})
	frames := flow.Map(source, flow.Stage{Name: "read", Workers: readers(r)}, func(ctx context.Context, rec flow.Record[planned]) (frame, error) {
		if r.Remote() {
			defer flow.Outside(ctx)()
		}
		packed, name, err := r.FrameContext(ctx, rec.Key)
		return frame{rec.Value, name, packed}, err
	})
	items := flow.Map(frames, flow.Stage{Name: "encode"}, func(ctx context.Context, rec flow.Record[frame]) (forms.Item, error) {
		f := rec.Value
		raw, err := shards.Unpacked(f.packed)
		if err == nil {
			err = flow.Reserve(ctx, 3*raw, raw)
		}
		if err != nil {
			return forms.Item{}, fmt.Errorf("%s: %w", f.name, err)
		}
		content, err := shards.Decode(f.packed)
		if err != nil {
			return forms.Item{}, fmt.Errorf("%s: %w", f.name, err)
		}
		return plan.Encode(content, f.file)
	})
	flow.To(items, flow.Stage{Name: string(plan.Form)}, sink)
	return p.Run(c, g)
}

func readers(r *shards.Reader) int {
	if r.Remote() {
		return atOnce
	}
	return 0
}

// list yields the samples of files that are not there yet.
func list(plan *forms.Plan, to *flow.Emitter[planned]) error {
	n := 0
	for _, file := range plan.Files {
		n += len(file.Entries)
	}
	to.Expect(n)
	for i, file := range plan.Files {
		for _, e := range file.Entries {
			if to.Complete(e.Key) {
				continue
			}
			if err := to.Emit(e.Key, planned{e.Key, i}); err != nil {
				return err
			}
		}
	}
	return nil
}

// folderSink writes items into a folder.
type folderSink struct {
	dir    string
	plan   *forms.Plan
	folder *forms.Folder
}

func (s *folderSink) Open(ctx context.Context) (err error) {
	s.folder, err = forms.Open(ctx, s.dir, s.plan)
	if _, refused := errors.AsType[*forms.FolderError](err); refused {
		return &component.InputError{Err: err}
	}
	return err
}

func (s *folderSink) Complete(key string) bool { return s.folder.Has(key) }

func (s *folderSink) Write(ctx context.Context, r flow.Record[forms.Item]) error {
	return s.folder.Add(ctx, r.Value)
}

func (s *folderSink) Commit(ctx context.Context) error { return s.folder.Commit(ctx) }
func (s *folderSink) Abort() error                     { return s.folder.Abort() }
