package duplicates

import (
	"context"
	"os"
	"time"

	"hpaflow/data/atomicfile"
	"hpaflow/data/duplicates"
	"hpaflow/data/imagehash"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func hashesSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "hashes",
		Doc: "Keep hashes in a table, Id, Bytes, ahash, phash, so that op fingerprint need not read the images again. Rows that are " +
			"there stay. The table is saved now and then, and also when the run fails.",
		In: component.Takes(edges.Hashed),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputFile, Doc: "the table"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			flow.To(component.In[*imagehash.Hashed](n, "in"), n.Stage(), &hashesSink{file: n.Args.String("file")})
			return nil, nil
		},
	}
}

// hashesEvery is how often the table is saved: what a killed run loses.
const hashesEvery = 20 * time.Second

type hashesSink struct {
	file  string
	cache duplicates.Cache
	fresh bool // something is not saved yet
	saved time.Time
}

func (s *hashesSink) Open(context.Context) (err error) {
	if err := atomicfile.Prepare(s.file); err != nil {
		return err
	}
	s.saved = time.Now()
	s.cache, err = duplicates.ReadCache(s.file)
	return err
}

func (s *hashesSink) Write(_ context.Context, r flow.Record[*imagehash.Hashed]) error {
	info, err := os.Stat(r.Value.Sample.Files[0].Name)
	if err != nil {
		return flow.OfRecord(err)
	}
	h := duplicates.Hashes{Bytes: info.Size(), AHash: r.Value.AHash, PHash: r.Value.PHash}
	if s.cache[r.Value.Sample.ID] == h {
		return nil
	}
	s.cache[r.Value.Sample.ID], s.fresh = h, true
	if time.Since(s.saved) < hashesEvery {
		return nil
	}
	return s.save()
}

func (s *hashesSink) save() error {
	if !s.fresh {
		return nil
	}
	s.saved, s.fresh = time.Now(), false
	return duplicates.WriteCache(s.file, s.cache)
}

func (s *hashesSink) Commit(context.Context) error { return s.save() }

// Abort saves too: a hash is right whatever becomes of the run.
func (s *hashesSink) Abort() error { return s.save() }
