package duplicates

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hpaflow/data"
	"hpaflow/data/imagehash"
	"hpaflow/data/provenance"
	"hpaflow/data/table"
)

// CacheRecipe is what hashes in a cache are made by, for the ledger of what
// they were made from (package provenance), which stands beside the table.
var CacheRecipe = &provenance.Made{Format: provenance.Format}

// Hashes are both hashes of an image, and how long its file was when it was
// hashed.
type Hashes struct {
	Bytes        int64
	AHash, PHash uint64
}

// Cache holds the hashes of images by Id, so that none is read twice.
type Cache map[string]Hashes

// ReadCache reads a cache table: Id, Bytes, ahash, phash. A file that does not
// exist is an empty cache; the faults of any table name the line.
func ReadCache(path string, limit table.Limit) (Cache, error) {
	c := Cache{}
	err := limit.Scan(path, table.Columns{Need: []string{"Id", "Bytes", "ahash", "phash"}}, func(f table.Fields) error {
		id := f.Get(0)
		if err := data.CheckID(id); err != nil {
			return err
		}
		if _, twice := c[id]; twice {
			return fmt.Errorf("%s stands here a second time", id)
		}
		bytes, err := strconv.ParseInt(f.Get(1), 10, 64)
		if err != nil || bytes < 0 {
			return fmt.Errorf("%s: %q is no length of a file", id, f.Get(1))
		}
		a, err := ParseHash(f.Get(2))
		if err != nil {
			return fmt.Errorf("%s: ahash: %w", id, err)
		}
		p, err := ParseHash(f.Get(3))
		if err != nil {
			return fmt.Errorf("%s: phash: %w", id, err)
		}
		c[strings.Clone(id)] = Hashes{bytes, uint64(a), uint64(p)}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	return c, err
}

// WriteCache writes a cache table, by Id, atomically.
func WriteCache(path string, c Cache) error {
	ids := slices.Sorted(maps.Keys(c))
	return writeCSV(path, []string{"Id", "Bytes", "ahash", "phash"}, len(ids), func(i int) []string {
		h := c[ids[i]]
		return []string{ids[i], strconv.FormatInt(h.Bytes, 10), imagehash.Format(h.AHash), imagehash.Format(h.PHash)}
	})
}
