package forms

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"hpaflow/data/shards"
)

// Plan is which samples come into which file.
type Plan struct {
	Options
	Files []File

	single bool // each sample has exactly one label
}

// File is one file of an export.
type File struct {
	Name    string
	Entries []shards.Entry
	From    string // tells what it is made of from anything else
}

// Cut plans the export of a folder of shards.
func Cut(r *shards.Reader, o Options) (*Plan, error) {
	o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	entries := r.Entries()
	if o.Split != "" {
		entries = nil
		for _, e := range r.Entries() {
			if e.Split == o.Split {
				entries = append(entries, e)
			}
		}
	}
	if len(entries) == 0 && o.Split != "" {
		return nil, fmt.Errorf("no sample is of split %q", o.Split)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("there are no samples")
	}
	if o.Image == Auto && o.Form != Tar {
		first, err := r.Read(entries[0].Key)
		if err != nil {
			return nil, err
		}
		o.settle(first)
	}
	p := &Plan{Options: o, single: true}
	for _, e := range entries {
		p.single = p.single && e.Labeled && e.Labels.Len() == 1
	}
	for from := 0; from < len(entries); {
		to, bytes := from, int64(0)
		for to < len(entries) && to-from < o.Samples && (to == from || bytes+entries[to].Raw <= o.Bytes) {
			bytes += entries[to].Raw
			to++
		}
		if bytes > 1<<32-1<<24 && (o.Form == MDS || o.Form == LitData) {
			return nil, fmt.Errorf("%s has %d bytes, more than a file of form %s can hold", entries[from].Key, bytes, o.Form)
		}
		p.Files = append(p.Files, File{Name: fileName(o, len(p.Files)), Entries: entries[from:to], From: p.digest(entries[from:to])})
		from = to
	}
	return p, nil
}

// fileName is that of a file, by its number. Where a library has a way to call them, it is
// that.
func fileName(o Options, number int) string {
	stem := "shard"
	if o.Split != "" {
		stem = o.Split
	}
	switch o.Form {
	case MDS:
		return fmt.Sprintf("shard.%05d.mds", number)
	case LitData:
		return fmt.Sprintf("chunk-0-%d.bin", number)
	}
	return fmt.Sprintf("%s-%05d.%s", stem, number, o.Form)
}

// digest is of all that the index tells of some samples, their frames' checksums among it.
func (p *Plan) digest(entries []shards.Entry) string {
	sum := sha256.New()
	fmt.Fprintln(sum, p.single)
	for _, e := range entries {
		fmt.Fprintf(sum, "%q %x %v %d %q\n", e.Key, e.Checksum, e.Labeled, e.Labels, e.Split)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
