package provenance

import (
	"encoding/binary"
	"io"
	"time"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data"
	"hpaflow/data/regular"
)

// Origin is what a sample is made from, as flow.Origin has it.
type Origin interface {
	// Shortcut changes when the contents may have changed; 0: it cannot tell.
	Shortcut() uint64
	// Digest is the contents' Sum, for which they may have to be read.
	Digest() (uint64, error)
}

// Sum is the digest of a sample's files: for each in its order the channel, and
// the XXH64 of its content. The zero Sum is ready for use.
type Sum struct{ text []byte }

// Add takes a file in.
func (s *Sum) Add(channel string, content []byte) { s.AddXXH64(channel, xxhash.Sum64(content)) }

// AddXXH64 is Add for a file whose XXH64 is known.
func (s *Sum) AddXXH64(channel string, sum uint64) {
	s.text = append(append(s.text, channel...), 0)
	s.text = binary.LittleEndian.AppendUint64(s.text, sum)
}

// Value is never 0.
func (s *Sum) Value() uint64 { return nonzero(xxhash.Sum64(s.text)) }

// Files is the origin of a sample of files, on disk or in memory.
type Files []data.File

// settled is how long a file must have been left alone for its time to tell
// that its contents are the same: longer than any file system's clock ticks.
var settled = 3 * time.Second

// stamp is what a file system says of a file.
type stamp struct {
	size, modified, changed int64  // times in nanoseconds since 1970
	device, inode           uint64 // 0: not told
}

// settled says whether the file has been left alone for long enough that its times
// tell of its contents.
func (st stamp) settled(now time.Time) bool {
	since := now.UnixNano() - st.changed
	return since >= int64(settled) || since <= -int64(settled)
}

// Shortcut is made of sizes and times, or of objects' marks. It is asked for
// millions of files.
func (files Files) Shortcut() uint64 {
	text := make([]byte, 0, len(data.Colours)*3*8)
	now := time.Now()
	for _, f := range files {
		if f.Mark != 0 {
			text = binary.LittleEndian.AppendUint64(text, f.Mark)
			continue
		}
		if f.Data != nil {
			return 0
		}
		st, found := stampOf(f.Name)
		if !found || !st.settled(now) {
			return 0
		}
		text = binary.LittleEndian.AppendUint64(text, uint64(st.size))
		text = binary.LittleEndian.AppendUint64(text, uint64(st.modified))
		text = binary.LittleEndian.AppendUint64(text, uint64(st.changed))
	}
	return nonzero(xxhash.Sum64(text))
}

// Asked is the origin of files whose sizes and times are asked for now, and not
// again.
func Asked(files Files) Origin { return asked{files, files.Shortcut()} }

type asked struct {
	Files
	shortcut uint64
}

func (a asked) Shortcut() uint64 { return a.shortcut }

// Digest reads the files.
func (files Files) Digest() (uint64, error) {
	var sum Sum
	for _, f := range files {
		if f.Data != nil {
			sum.Add(f.Channel, f.Data)
			continue
		}
		of, err := sumOf(f.Name)
		if err != nil {
			return 0, err
		}
		sum.AddXXH64(f.Channel, of)
	}
	return sum.Value(), nil
}

// sumOf is the XXH64 of a file's content.
func sumOf(path string) (uint64, error) {
	f, _, err := regular.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close() // opened for reading: nothing can be lost
	sum := xxhash.New()
	_, err = io.Copy(sum, f)
	return sum.Sum64(), err
}

// Known is an origin whose digest is at hand.
type Known uint64

// Shortcut is the digest itself.
func (k Known) Shortcut() uint64 { return uint64(k) }

// Digest is the number.
func (k Known) Digest() (uint64, error) { return uint64(k), nil }
