package shards

import (
	"context"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data"
)

// Stretch is File for samples of one shard, in the order they stand there: all of
// it is read at once, with what is between them. Samples have faults of their own.
func (r *Reader) Stretch(keys []string) (files []data.File, faults []error) {
	files, faults = make([]data.File, len(keys)), make([]error, len(keys))
	stretch, from, err := r.stretch(keys)
	for i, key := range keys {
		if err != nil { // which sample's fault it is comes out one by one
			files[i], faults[i] = r.File(key)
			continue
		}
		e, _ := r.Entry(key)
		frame := stretch[e.Offset-from:][:e.Length:e.Length]
		if xxhash.Sum64(frame) != e.Checksum {
			faults[i] = damaged(e)
			continue
		}
		files[i] = data.File{Name: e.Shard + ":" + key, Channel: data.Packed, Sum: uint64(r.Origin(key)), Data: frame}
	}
	return files, faults
}

// stretch reads from the first sample's begin to the last one's end.
func (r *Reader) stretch(keys []string) (b []byte, from int64, err error) {
	var first, last Entry
	end := int64(0)
	for i, key := range keys {
		e, ok := r.Entry(key)
		switch {
		case !ok:
			return nil, 0, fmt.Errorf("%s has no sample %s", r.dir, key)
		case i == 0:
			first = e
		case e.Shard != first.Shard || e.Offset < end:
			return nil, 0, fmt.Errorf("%s: %s does not stand behind %s", e.Shard, key, last.Key)
		}
		if e.Offset < 0 || e.Length < 0 || e.Offset > 1<<62-e.Length {
			return nil, 0, fmt.Errorf("%s: the frame of %s lies nowhere", e.Shard, key)
		}
		last, end = e, e.Offset+e.Length
	}
	ctx := context.Background()
	f, err := r.file(ctx, first.Shard)
	if err != nil {
		return nil, 0, err
	}
	size, err := f.size()
	if err == nil && end > size {
		err = fmt.Errorf("%s ends before %s", first.Shard, last.Key)
	}
	if err != nil {
		return nil, 0, err
	}
	b = make([]byte, end-first.Offset)
	if n, err := f.readAt(ctx, b, first.Offset); n < len(b) {
		return nil, 0, err
	}
	return b, first.Offset, nil
}

func damaged(e Entry) error {
	return fmt.Errorf("%s: the frame of %s is damaged: its checksum does not fit", e.Shard, e.Key)
}
