package shards

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/data/regular"
)

// recover finds out what is complete. It removes only temporary files: a shard
// that the index does not name is taken in if it is whole, and else refused.
func (w *Writer) recover(kind Kind) (err error) {
	if err := atomicfile.Sweep(atomicfile.OS, w.dir); err != nil {
		return err
	}
	if w.index, err = readIndex(w.dir); err != nil {
		return err
	}
	if len(w.index.shards) > 0 && w.index.kind != kind {
		return fmt.Errorf("%s holds shards of %s; %s go into a folder of their own", w.dir, w.index.kind, kind)
	}
	w.index.kind = kind
	names, err := files(w.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, known := w.index.shards[name]; !known {
			if err := w.takeIn(name); err != nil {
				return err
			}
		}
		w.next = max(w.next, numberOf(name)+1)
	}
	if len(w.found.TakenIn) > 0 {
		if err := w.index.save(w.dir); err != nil {
			return err
		}
	}
	w.findDamaged()
	for name := range w.index.shards {
		w.next = max(w.next, numberOf(name)+1)
	}
	return nil
}

// takeIn enters a shard in the index that a writer has left who was killed
// before it could, or whose index is lost.
func (w *Writer) takeIn(name string) error {
	refused := func(why any) error {
		return fmt.Errorf("%s: it is not in the index, and cannot be taken into it: %v; move it away, and what it held is made again",
			filepath.Join(w.dir, name), why)
	}
	if info, err := os.Stat(filepath.Join(w.dir, name)); err != nil || info.Size() == 0 {
		return refused("it is empty")
	}
	entries, err := scanShard(w.dir, name)
	if err != nil {
		return refused(err)
	}
	keys := map[string]bool{}
	for _, e := range w.index.entries {
		keys[e.Key] = true
	}
	for _, e := range entries {
		if e.Kind != w.index.kind {
			return fmt.Errorf("%s holds shards of %s; %s go into a folder of their own", w.dir, e.Kind, w.index.kind)
		}
		if keys[e.Key] {
			return refused(e.Key + " is in another shard too")
		}
		keys[e.Key] = true
	}
	sum, err := summarise(filepath.Join(w.dir, name))
	if err != nil {
		return err
	}
	w.index.shards[name] = sum
	w.index.entries = append(w.index.entries, entries...)
	w.index.sort()
	w.found.TakenIn = append(w.found.TakenIn, name)
	return nil
}

// summarise reads a whole shard.
func summarise(path string) (summary, error) {
	f, _, err := regular.Open(path)
	if err != nil {
		return summary{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return summary{SHA256: hex.EncodeToString(sum.Sum(nil)), Bytes: n}, err
}

// findDamaged looks for shards that are not as long as the index says. Their
// samples are to be made again, and take the places they had.
func (w *Writer) findDamaged() {
	damaged := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(w.index.shards)) {
		info, err := os.Stat(filepath.Join(w.dir, name))
		if err != nil || info.Size() != w.index.shards[name].Bytes {
			damaged[name] = true
			w.found.Damaged = append(w.found.Damaged, name)
		}
	}
	for _, e := range w.index.entries {
		if damaged[e.Shard] {
			w.replace.lose(e)
		} else {
			w.before[e.Key] = e.Shard
		}
	}
}

// numberOf is the number in a shard's name.
func numberOf(name string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(name, "shard-"), ".tar.zst"))
	if err != nil {
		return 0 // a number that is too large for a name of ours
	}
	return n
}
