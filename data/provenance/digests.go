package provenance

import (
	"crypto/sha256"
	"io"
	"sync"
	"time"

	"hpaflow/data/regular"
)

// digests are the SHA-256 of files that this process has read. The sinks of a flow,
// and the steps of a run, follow from the same tables and weights; each is read
// once, for as long as the file system says that it is the same file with the same
// size and times. What was changed a moment ago is read each time, as for Shortcut.
var digests = struct {
	sync.Mutex
	of map[stamp]*digest
}{of: map[stamp]*digest{}}

// mostDigests is how many are kept: more than there are tables, and weights, and
// shards in most folders.
const mostDigests = 1 << 16

// digest is that of a file, once it has been read.
type digest struct {
	read sync.Once
	sum  []byte
	err  error
}

// digestFile is the SHA-256 of a file's content.
func digestFile(path string) ([]byte, error) {
	st, found := stampOf(path)
	if !found || st.inode == 0 || !st.settled(time.Now()) {
		return readDigest(path)
	}
	digests.Lock()
	d := digests.of[st]
	if d == nil {
		d = &digest{}
		if len(digests.of) < mostDigests {
			digests.of[st] = d
		}
	}
	digests.Unlock()
	d.read.Do(func() {
		d.sum, d.err = readDigest(path)
		if now, found := stampOf(path); d.err != nil || !found || now != st { // it was changed while it was read
			digests.Lock()
			defer digests.Unlock()
			delete(digests.of, st)
		}
	})
	return d.sum, d.err
}

// readDigest reads a file for digestFile; a variable, so that tests can count.
var readDigest = func(path string) ([]byte, error) {
	f, _, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // opened for reading: nothing can be lost
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil, err
	}
	return sum.Sum(nil), nil
}
