package duplicates

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/duplicates"
	"hpaflow/data/imagehash"
	"hpaflow/data/provenance"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
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
		ByUnit: results.FileByUnit("file", joinHashes),
		Build: func(n *component.Node) (component.Output, error) {
			file := n.Args.String("file")
			flow.To(component.In[*imagehash.Hashed](n, "in"), n.Stage(), &hashesSink{file: file, limit: table.Limit(n.Limits().MaxRows), store: provenance.Beside(atomicfile.Target(file)), graph: n.Graph, stage: n.Name})
			return nil, nil
		},
	}
}

// hashesEvery is how often the table is saved: what a killed run loses.
const hashesEvery = 20 * time.Second

// hashesKind is the table of hashes.
var hashesKind = results.Table("a table of hashes", "Id", "Bytes", "ahash", "phash")

type hashesSink struct {
	file  string
	limit table.Limit
	store provenance.Store
	graph *flow.Graph
	stage string

	cache   duplicates.Cache
	ledger  *provenance.Ledger
	fresh   map[string]uint64 // Sums by Id of rows that are not saved yet
	changed []string
	unknown int
	saved   time.Time
}

// Lock keeps other runs from writing the table.
func (s *hashesSink) Lock() (unlock func() error, err error) { return s.store.Lock() }

func (s *hashesSink) Open(context.Context) (err error) {
	if err := hashesKind.Check(s.file); err != nil {
		return err
	}
	if err := atomicfile.Prepare(s.file); err != nil {
		return err
	}
	if err := s.store.Sweep(); err != nil {
		return err
	}
	s.saved, s.fresh = time.Now(), map[string]uint64{}
	if s.cache, err = duplicates.ReadCache(s.file, s.limit); err != nil {
		return err
	}
	s.ledger, err = provenance.OpenLedger(s.store, duplicates.CacheRecipe)
	return err
}

func (s *hashesSink) Write(_ context.Context, r flow.Record[*imagehash.Hashed]) error {
	sample := r.Value.Sample
	if len(sample.Files) == 0 {
		return flow.OfRecord(errors.New("has no file that its hashes are of"))
	}
	size := int64(len(sample.Files[0].Data))
	if sample.Files[0].Data == nil {
		info, err := os.Stat(sample.Files[0].Name)
		if err != nil {
			return flow.OfRecord(err)
		}
		size = info.Size()
	}
	h := duplicates.Hashes{Bytes: size, AHash: r.Value.AHash, PHash: r.Value.PHash}
	was, known := s.cache[sample.ID]
	entry, recorded := s.ledger.Entry(sample.ID)
	switch {
	case sample.Sum == 0 && known && was == h: // known from an earlier version
		s.unknown++
		return nil
	case recorded && entry.Digest == sample.Sum && was == h:
		_, err := s.ledger.State(sample.ID, provenance.Files(sample.Files)) // for its shortcut
		return err
	case known && recorded && entry.Tag != 0 && entry.Digest == sample.Sum:
		return nil // the file is another by now, and its hashes were to be kept
	case known && recorded && entry.Tag != 0:
		s.changed = append(s.changed, sample.ID)
	}
	s.ledger.Note(sample.ID, provenance.Files(sample.Files))
	s.cache[sample.ID], s.fresh[sample.ID] = h, sample.Sum
	if time.Since(s.saved) < hashesEvery {
		return nil
	}
	return s.save()
}

// save writes the table and what its new rows were made from. A row that is
// killed between the two is hashed again.
func (s *hashesSink) save() error {
	if len(s.fresh) == 0 {
		return s.ledger.Save()
	}
	keys := slices.Sorted(maps.Keys(s.fresh))
	if err := s.ledger.Begin(keys...); err != nil {
		return err
	}
	if err := duplicates.WriteCache(s.file, s.cache); err != nil {
		return err
	}
	entries := make([]provenance.Entry, len(keys))
	for i, key := range keys {
		entries[i] = provenance.Entry{Digest: s.fresh[key], Length: -1}
	}
	if err := s.ledger.Put(keys, entries); err != nil {
		return err
	}
	s.saved = time.Now()
	clear(s.fresh)
	return s.ledger.Save()
}

func (s *hashesSink) Commit(context.Context) error {
	if len(s.changed) > 0 {
		s.graph.Note(s.stage, "hashed again, since images are others: "+data.Enumerate(s.changed))
	}
	if s.unknown > 0 {
		s.graph.Note(s.stage, fmt.Sprintf("hashes taken for right by the length of the image alone, as an earlier version has left them: %d", s.unknown))
	}
	return s.save()
}

// Abort saves too: a hash is right whatever becomes of the run.
func (s *hashesSink) Abort() error { return s.save() }
