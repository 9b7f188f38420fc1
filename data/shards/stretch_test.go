package shards

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A stretch gives what its samples give one by one, whichever are left out; and
// what is damaged or cut off is the fault of its own sample.
func TestStretch(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, Limits{Samples: 10, Bytes: 1 << 20}, 0, 10)
	r, err := Open(dir, Planes)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var keys []string
	for _, e := range r.Entries() {
		keys = append(keys, e.Key)
	}
	for _, take := range [][]string{keys, keys[3:4], {keys[1], keys[4], keys[9]}} {
		files, faults := r.Stretch(take)
		for i, key := range take {
			want, err := r.File(key)
			if err != nil || faults[i] != nil {
				t.Fatal(err, faults[i])
			}
			if got := files[i]; got.Name != want.Name || got.Channel != want.Channel || got.Sum != want.Sum || !bytes.Equal(got.Data, want.Data) {
				t.Errorf("%s is another file in a stretch of %d", key, len(take))
			}
		}
	}
	path := filepath.Join(dir, nameOf(0))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fifth, _ := r.Entry(keys[5])
	ninth, _ := r.Entry(keys[9])
	damaged := slices.Clone(b)
	damaged[fifth.Offset+fifth.Length/2] ^= 1
	for _, c := range []struct {
		file []byte
		bad  int
	}{{damaged, 5}, {b[:ninth.Offset+1], 9}} {
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		r.Close()
		_, faults := r.Stretch(keys)
		for i, err := range faults {
			if (err != nil) != (i == c.bad) {
				t.Errorf("with sample %d bad, sample %d: %v", c.bad, i, err)
			}
		}
	}
	if _, faults := r.Stretch([]string{keys[0], "another"}); faults[0] != nil || faults[1] == nil {
		t.Errorf("a sample that is not there: %v", faults)
	}
}
