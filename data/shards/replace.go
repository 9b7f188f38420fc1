package shards

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data/atomicfile"
)

// replacing is how samples in finished shards are replaced. New frames wait in
// a file until one of another shard comes; then the shard is written anew, with
// every sample at its place. Samples mostly come in the order of the shards, so
// that each is written once.
type replacing struct {
	mu     sync.Mutex
	stale  map[string]string   // shards by key: samples that may be replaced
	lost   map[string]bool     // shards whose file is damaged
	places map[string][]string // keys by shard in their order, of lost shards

	shard  string // whose new frames wait
	frames map[string]waiting
	spool  *os.File
	size   int64
}

// waiting is a frame in the spool.
type waiting struct {
	Frame
	offset int64
	length int
}

// Redo says that a sample which is there will be added again, to be replaced.
// Until it has come, and if it does not come, the old one stays.
func (w *Writer) Redo(key string) { w.replace.redo(key, w.before[key]) }

func (r *replacing) redo(key, shard string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stale == nil {
		r.stale = map[string]string{}
	}
	r.stale[key] = shard
}

// lose takes note of a sample in a shard that is damaged.
func (r *replacing) lose(e Entry) {
	r.redo(e.Key, e.Shard)
	if r.lost == nil {
		r.lost, r.places = map[string]bool{}, map[string][]string{}
	}
	r.lost[e.Shard] = true
	r.places[e.Shard] = append(r.places[e.Shard], e.Key)
}

func (r *replacing) wants(key string) bool { return r.shardOf(key) != "" }

func (r *replacing) shardOf(key string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stale[key]
}

// put lets a frame wait for its shard to be written anew.
func (w *Writer) put(shard string, f Frame) error {
	r := &w.replace
	if r.shard != shard {
		if err := w.rebuild(); err != nil {
			return err
		}
		r.shard = shard
	}
	if r.spool == nil {
		var id [6]byte
		rand.Read(id[:])
		var err error
		r.spool, err = os.OpenFile(filepath.Join(w.dir, ".spool."+hex.EncodeToString(id[:])+atomicfile.Suffix), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
	}
	if _, err := r.spool.WriteAt(f.Packed, r.size); err != nil {
		return err
	}
	if r.frames == nil {
		r.frames = map[string]waiting{}
	}
	wait := waiting{Frame: f, offset: r.size, length: len(f.Packed)}
	wait.Packed = nil
	r.frames[f.Key] = wait
	r.size += int64(len(f.Packed))
	return nil
}

// rebuild writes the shard anew whose frames wait. While its file is replaced
// the index does not name it: a writer that is killed then leaves a whole shard,
// the old or the new, which the next one takes in, or none of a damaged one.
func (w *Writer) rebuild() (err error) {
	r := &w.replace
	if r.shard == "" {
		return nil
	}
	o, keys, sums, err := w.renew(r.shard)
	if err != nil {
		return err
	}
	if err := w.entering(keys); err != nil {
		return errors.Join(err, o.file.Abort())
	}
	if err := w.forget(r.shard); err != nil {
		return errors.Join(err, o.file.Abort())
	}
	if err := o.file.Commit(); err != nil {
		return err
	}
	w.index.entries = append(w.index.entries, o.entries...)
	w.index.sort()
	w.index.shards[o.name] = summary{SHA256: hex.EncodeToString(o.sum.Sum(nil)), Bytes: o.size}
	if err := w.index.save(w.dir); err != nil {
		return err
	}
	delete(r.lost, r.shard)
	r.shard, r.size = "", 0
	clear(r.frames)
	return w.entered(keys, sums)
}

// forget takes a shard out of the index. A damaged file goes first: without its entry
// it would be one that cannot be taken in.
func (w *Writer) forget(shard string) error {
	if w.replace.lost[shard] {
		if err := os.Remove(filepath.Join(w.dir, shard)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	w.index.drop(shard)
	return w.index.save(w.dir)
}

// renew writes a shard's file with the frames that wait in their places and the
// others as they are. It gives the keys of those that waited.
func (w *Writer) renew(shard string) (o *openShard, keys []string, sums []uint64, err error) {
	r := &w.replace
	have := map[string]Entry{}
	order, wasLost := r.places[shard]
	for _, e := range w.index.entries {
		if e.Shard != shard {
			continue
		}
		if !r.lost[shard] {
			have[e.Key] = e
		}
		if !wasLost {
			order = append(order, e.Key)
		}
	}
	if o, err = w.begin(shard); err != nil {
		return nil, nil, nil, err
	}
	var old *os.File
	if len(have) > 0 {
		if old, err = os.Open(filepath.Join(w.dir, shard)); err != nil {
			return nil, nil, nil, errors.Join(err, o.file.Abort())
		}
		defer old.Close()
	}
	for _, key := range order {
		f, waits := r.frames[key]
		e, there := have[key]
		switch {
		case waits:
			err = r.copyTo(o, f)
			keys, sums = append(keys, key), append(sums, f.Sum)
		case there:
			err = keepIn(o, old, e)
		}
		if err != nil {
			return nil, nil, nil, errors.Join(fmt.Errorf("%s: %w", shard, err), o.file.Abort())
		}
	}
	if err := o.end(); err != nil {
		return nil, nil, nil, errors.Join(err, o.file.Abort())
	}
	return o, keys, sums, nil
}

func (r *replacing) copyTo(o *openShard, f waiting) error {
	packed := make([]byte, f.length)
	if _, err := r.spool.ReadAt(packed, f.offset); err != nil {
		return err
	}
	return o.add(f.About, packed, f.Raw, f.checksum, f.Sum)
}

// keepIn copies a frame that stays.
func keepIn(o *openShard, old *os.File, e Entry) error {
	packed, err := readFrame(context.Background(), shardFile{old}, e)
	if err != nil {
		return err
	}
	raw, err := unpack(nil, packed)
	if err != nil {
		return err
	}
	return o.add(e.About, packed, e.Raw, uint32(xxhash.Sum64(raw)), 0)
}

// close removes the spool.
func (r *replacing) close() error {
	if r.spool == nil {
		return nil
	}
	name := r.spool.Name()
	err := errors.Join(r.spool.Close(), os.Remove(name))
	r.spool = nil
	return err
}

// drop takes a shard out of the index.
func (x *index) drop(shard string) {
	delete(x.shards, shard)
	x.entries = slices.DeleteFunc(x.entries, func(e Entry) bool { return e.Shard == shard })
}

// sort puts entries in the order of the shards; within one they stay as they are.
func (x *index) sort() {
	slices.SortStableFunc(x.entries, func(a, b Entry) int { return numberOf(a.Shard) - numberOf(b.Shard) })
}
