package table

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"hpaflow/data/atomicfile"
)

// Write writes a table, atomically. It has a Target column when any row is
// labelled, or there is no row, and a Split column when any row has a split.
func Write(path string, rows []Row) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		if !strings.HasSuffix(path, compressed) {
			return Encode(w, rows)
		}
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		if err := Encode(z, rows); err != nil {
			return err
		}
		return z.Close()
	})
}

// Encode writes a table's bytes, uncompressed.
func Encode(w io.Writer, rows []Row) error {
	target := len(rows) == 0 || slices.ContainsFunc(rows, func(r Row) bool { return r.Labeled })
	split := slices.ContainsFunc(rows, func(r Row) bool { return r.Split != "" })
	record := func(id, labels, name string) []string {
		fields := []string{id}
		if target {
			fields = append(fields, labels)
		}
		if split {
			fields = append(fields, name)
		}
		return fields
	}
	out := csv.NewWriter(w)
	out.Write(record("Id", "Target", "Split"))
	for _, r := range rows {
		out.Write(record(r.ID, r.Labels.String(), r.Split))
	}
	out.Flush()
	return out.Error()
}
