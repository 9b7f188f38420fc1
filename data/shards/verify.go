package shards

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"hpaflow/data/regular"
)

// Fault is one thing that is wrong with a folder of shards.
type Fault struct {
	File    string // in the folder
	Key     string // of the sample that is hit; empty when none is, or the whole file
	Problem string
}

// String is the fault as one line.
func (f Fault) String() string {
	if f.Key == "" {
		return f.File + ": " + f.Problem
	}
	return f.File + ": " + f.Key + ": " + f.Problem
}

// Report is what Verify has found.
type Report struct {
	Faults  []Fault
	Shards  int
	Samples int
	Bytes   int64
}

// Verify reads every byte of every shard and of the index, and decodes every
// sample. One flipped bit, anywhere, is a fault; so are a shard that is missing
// or unknown and an index that disagrees with what it points to. Progress is
// called after each shard. An error says that the folder could not be read.
func Verify(dir string, progress func(done, shards int)) (*Report, error) {
	v := &verifier{dir: dir, report: &Report{}}
	names, err := files(dir)
	if err != nil {
		return nil, err
	}
	indexed, err := v.index()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, known := indexed.shards[name]; !known {
			v.fault(name, "", "is not in the index")
		}
	}
	entries := map[string][]Entry{}
	for _, e := range indexed.entries {
		entries[e.Shard] = append(entries[e.Shard], e)
	}
	for name := range entries {
		if _, known := indexed.shards[name]; !known {
			v.fault(IndexName, "", fmt.Sprintf("has samples of %s, but not its digest", name))
		}
	}
	for i, name := range slices.Sorted(maps.Keys(indexed.shards)) {
		if err := v.shard(name, indexed.shards[name], entries[name]); err != nil {
			v.fault(name, "", err.Error())
		}
		if progress != nil {
			progress(i+1, len(indexed.shards))
		}
	}
	return v.report, nil
}

type verifier struct {
	dir    string
	report *Report
}

func (v *verifier) fault(file, key, problem string) {
	v.report.Faults = append(v.report.Faults, Fault{file, key, problem})
}

// index reads the index, which carries its own digest.
func (v *verifier) index() (*index, error) {
	b, err := regular.Read(filepath.Join(v.dir, IndexName), mostIndex)
	if err != nil {
		return nil, err
	}
	v.report.Bytes += int64(len(b))
	x, err := decodeIndex(b)
	if err != nil {
		v.fault(IndexName, "", err.Error())
		return &index{}, nil
	}
	return x, nil
}

// shard checks one file. Where the digest of the file does not fit, the
// checksums of the frames tell which samples are hit.
func (v *verifier) shard(name string, want summary, entries []Entry) error {
	f, _, err := regular.Open(filepath.Join(v.dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return err
	}
	v.report.Shards++
	v.report.Bytes += n
	intact := n == want.Bytes && hex.EncodeToString(sum.Sum(nil)) == want.SHA256
	hit := false
	for _, e := range entries {
		v.report.Samples++
		if err := verifySample(f, e); err != nil {
			v.fault(name, e.Key, err.Error())
			hit = true
		}
	}
	if !intact && !hit {
		v.fault(name, "", "is damaged outside of its samples: the digest of the file does not fit")
	}
	return nil
}

func verifySample(f *os.File, e Entry) error {
	packed, err := readFrame(context.Background(), shardFile{f}, e)
	if err != nil {
		return err
	}
	raw, err := unpack(nil, packed)
	if err != nil {
		return err
	}
	c, err := parse(raw)
	if err != nil {
		return err
	}
	if c.About != e.About || int64(len(raw)) != e.Raw {
		return errors.New("the index says something else of it than the shard")
	}
	return nil
}
