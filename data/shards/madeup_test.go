package shards

import (
	"io"
	"path/filepath"

	"hpaflow/data/atomicfile"
)

// saveMadeUp writes the index of made-up samples, which are at hand a shard at a
// time.
func saveMadeUp(dir string, rows int) error {
	return atomicfile.Write(filepath.Join(dir, IndexName), func(out io.Writer) error {
		w, err := newIndexWriter(out, Planes, madeUpShards(rows))
		if err != nil {
			return err
		}
		for first := 0; first < rows; first += 1000 {
			var entries []Entry
			for n := first; n < min(first+1000, rows); n++ {
				entries = append(entries, madeUp(n))
			}
			if err := w.add(entries); err != nil {
				return err
			}
		}
		return w.end()
	})
}
