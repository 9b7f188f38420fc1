package embed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/embed"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/sinks/results"
)

// kinds are those of tables that are a file.
var kinds = map[embed.Format]results.Kind{
	embed.Parquet: {Name: "a Parquet file", Is: func(head []byte) bool { return len(head) >= 4 && string(head[:4]) == "PAR1" }},
	embed.CSV:     results.Table("a table of embeddings", "id", "top_class_name", "top_class", "top_3_classes_names"),
}

// table is a file of embeddings, which is written when all are there. Until then
// they are in a spool beside it, with records of their own.
type table struct {
	*results.Whole
	args  component.Args
	graph *flow.Graph
	stage string
	spool *embed.Spool // nil: the table is there and stays

	inUnit bool
}

// Lock keeps other runs from the table.
func (s *table) Lock() (unlock func() error, err error) {
	store := provenance.Beside(atomicfile.Target(s.Path))
	return results.NotByUnits(store, store.Lock)
}

func (s *table) Open(context.Context) error {
	format, _ := embed.FormatOf(s.Path) // checked
	if err := kinds[format].Check(s.Path); err != nil {
		return err
	}
	if err := atomicfile.Prepare(s.Path); err != nil {
		return err
	}
	part := embed.PartOf(s.Path)
	stand, all, err := s.Carries()
	if err != nil {
		return err
	}
	if all {
		s.graph.Note(s.stage, filepath.Base(s.Path)+" is there, of the same weights and images")
		return embed.RemoveSpool(part)
	}
	left, err := embed.LeftIn(part)
	if err != nil {
		return err
	}
	goOn, err := s.Resumes(part, left)
	if err != nil {
		return err
	}
	if s.spool, err = embed.CreateSpool(part, embed.SpoolOptions{Rows: s.args.Int("rows"), GoOn: goOn, Entering: s.Entering, Entered: s.Entered}); err != nil {
		return err
	}
	if left = s.spool.Left(); len(left) > 0 {
		s.graph.Note(s.stage, fmt.Sprintf("%s goes on after %d cells", filepath.Base(s.Path), len(left)))
	}
	if err := s.Resume(part, left); err != nil {
		return err
	}
	return s.carry(format, stand)
}

// carry keeps the rows of the table that is there which stand, so that cells
// that are new or have changed are all there is to do.
func (s *table) carry(format embed.Format, stand map[string]uint64) error {
	if len(stand) == 0 {
		return nil
	}
	read := embed.ReadParquet
	if format == embed.CSV {
		read = embed.ReadCSV
	}
	carried := 0
	for r, err := range read(s.Path) {
		if err != nil {
			return fmt.Errorf("%w; move the table away, and all cells are embedded anew", err)
		}
		sum, stands := stand[r.ID]
		if !stands || s.spool.Has(r.ID) {
			continue
		}
		carried++
		if err := s.spool.Carry(&embed.Embedding{ID: r.ID, Sum: sum, Features: r.Features, Probabilities: r.Probabilities}); err != nil {
			return err
		}
	}
	if carried > 0 {
		s.graph.Note(s.stage, fmt.Sprintf("%d cells of %s stay as they are", carried, filepath.Base(s.Path)))
	}
	return s.spool.Flush()
}

// Complete says whether the table has the cell's row, or will.
func (s *table) Complete(key string) bool { return s.spool == nil || s.spool.Has(key) }

// CompleteFrom is Complete: what cells are made from was looked at before.
func (s *table) CompleteFrom(key string, from flow.Origin) (bool, error) {
	if s.Complete(key) {
		return true, nil
	}
	s.Note(key, from)
	return false, nil
}

func (s *table) Write(_ context.Context, r flow.Record[*embed.Embedding]) error {
	if s.Complete(r.Value.ID) { // another sink has still to see it
		return nil
	}
	s.Add(r.Value.ID, r.Value.Sum)
	return s.spool.Add(r.Value)
}

func (s *table) Commit(context.Context) error {
	if s.spool == nil {
		return nil
	}
	if err := s.spool.Flush(); err != nil {
		return err
	}
	if s.inUnit && s.spool.Len() == 0 { // none of the unit's cells went well, which is told of each
		return embed.RemoveSpool(embed.PartOf(s.Path))
	}
	if err := s.Return(provenance.Beside(atomicfile.Target(s.Path)), s.spool.Left()); err != nil {
		return err
	}
	if err := s.Replacing(); err != nil {
		return err
	}
	if err := writeTable(s.args, s.Path, s.spool.Rows()); err != nil {
		return err
	}
	if err := s.Done(); err != nil {
		return err
	}
	return embed.RemoveSpool(embed.PartOf(s.Path))
}

// writeTable writes rows as a file's name says.
func writeTable(a component.Args, file string, rows iter.Seq2[*embed.Embedding, error]) error {
	format, err := embed.FormatOf(file)
	if err != nil {
		return err
	}
	write := embed.WriteParquet
	if format == embed.CSV {
		write = embed.WriteCSV
	}
	err = atomicfile.Write(file, func(w io.Writer) error { return write(w, rows, embed.DType(a.String("dtype"))) })
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (s *table) Abort() error {
	if s.spool == nil {
		return nil
	}
	err := errors.Join(s.spool.Flush(), s.Stop())
	if err == nil && s.spool.Len() == 0 { // a run that came to nothing leaves no trace
		return embed.RemoveSpool(embed.PartOf(s.Path))
	}
	return err
}
