package shards

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// bounded runs f, which is given so many bytes of foreign input: it may take no
// more than ten seconds, and make no more memory than twice the half gigabyte
// that may be in use at once.
func bounded(t *testing.T, input int, f func()) {
	t.Helper()
	if input > 1<<20 {
		return
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := time.Now()
	f()
	took := time.Since(begun)
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; took > 10*time.Second || made > 1<<30 {
		t.Fatalf("%v and %d MiB for an input of %d bytes", took, made>>20, input)
	}
}

// FuzzScan puts any table behind whole frames, under the marks of the seekable
// format, so that what reads tables is reached: a shard that no index names is
// read by its table, or refused, and what is read of it lies in it.
func FuzzScan(f *testing.F) {
	var frames []byte
	var seek []seekEntry
	for n := range 3 {
		made := frame(f, n)
		frames = append(frames, made.Packed...)
		seek = append(seek, seekEntry{packed: uint32(len(made.Packed)), raw: uint32(made.Raw), checksum: 0})
	}
	table := func(entries ...seekEntry) []byte {
		b := appendSeekTable(nil, entries)
		return b[8 : len(b)-4] // without the marks
	}
	f.Add(table(seek...), uint16(0))
	f.Add(table(seek[1:]...), uint16(seek[0].packed))
	f.Add(table(seek[0], seek[0]), uint16(0))
	f.Add(table(seekEntry{packed: 1<<32 - 1, raw: 1<<32 - 1}), uint16(0))
	f.Add(table(make([]seekEntry, 100)...), uint16(7))
	f.Fuzz(func(t *testing.T, table []byte, cut uint16) {
		dir, name := t.TempDir(), nameOf(0)
		b := bytes.Clone(frames[min(int(cut), len(frames)):])
		b = binary.LittleEndian.AppendUint32(b, skippableMagic)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(table)+4))
		b = append(b, table...)
		b = binary.LittleEndian.AppendUint32(b, seekableMagic)
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
		bounded(t, len(b), func() {
			entries, err := scanShard(dir, name)
			if err != nil {
				return
			}
			for _, e := range entries {
				if e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > int64(len(b)) {
					t.Fatalf("%q lies at %d, %d bytes, of %d", e.Key, e.Offset, e.Length, len(b))
				}
				if c, err := Decode(b[e.Offset : e.Offset+e.Length]); err != nil || c.Key != e.Key {
					t.Fatalf("what was scanned as %q is read as %v, %v", e.Key, c, err)
				}
			}
		})
	})
}
