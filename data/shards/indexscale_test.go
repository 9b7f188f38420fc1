package shards

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"hpaflow/data"
)

var indexRows = flag.Int("index-rows", 20_000, "samples of the index whose size, time and memory are measured")

// An index of very many samples, a thousand a shard, as its flag says: what it
// takes on disk, and to write, read and ask. Keys are UUIDs, and checksums like
// random, so that it is as large as a real one.
func TestLargeIndex(t *testing.T) {
	dir, rows := t.TempDir(), *indexRows
	timed := func(what string, do func() error) {
		t.Helper()
		debug.FreeOSMemory()
		os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
		before := processorTime()
		if err := do(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		t.Logf("%s: %s of processor time, %d MB at most", what, (processorTime() - before).Round(time.Millisecond), mostMemory()>>20)
	}
	timed("made up", func() error { return saveMadeUp(dir, rows) })
	info, err := os.Stat(filepath.Join(dir, IndexName))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows in %d bytes, %.1f a row", rows, info.Size(), float64(info.Size())/float64(rows))
	var r *Reader
	timed("opened", func() (err error) { r, err = Open(dir, Planes); return err })
	timed("asked for each sample", func() error {
		for n := range rows {
			key := madeUpKey(n)
			if e, ok := r.Entry(key); !ok || e.Key != key || e.Offset != int64(n%1000)<<19 || e.Shard != nameOf(n/1000) || e.Labels != data.LabelsOf(n%28) {
				return fmt.Errorf("sample %d is %+v", n, e)
			}
		}
		if _, ok := r.Entry(madeUpKey(rows)); ok {
			return fmt.Errorf("it has a sample that it has not")
		}
		return nil
	})
}

// An index of many groups is read as it was written, however full the last one is.
func TestIndexOfManyGroups(t *testing.T) {
	was := groupRows
	t.Cleanup(func() { groupRows = was })
	groupRows = 1000
	for _, rows := range []int{1, 999, 1000, 1001, 30_000, 100_500} {
		dir := t.TempDir()
		if err := saveMadeUp(dir, rows); err != nil {
			t.Fatal(err)
		}
		x, err := readIndex(dir)
		if err != nil {
			t.Fatalf("%d rows: %v", rows, err)
		}
		if len(x.entries) != rows {
			t.Fatalf("%d of %d rows", len(x.entries), rows)
		}
		for n, e := range x.entries {
			if e != madeUp(n) {
				t.Fatalf("of %d rows, row %d is %+v", rows, n, e)
			}
		}
	}
}

func madeUpKey(n int) string {
	x := uint64(n)*0x9e3779b97f4a7c15 + 1
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", uint32(x), uint16(x>>32), uint16(x>>48), uint16(n), n)
}

func madeUp(n int) Entry {
	about := About{Key: madeUpKey(n), Kind: Planes, Labels: data.LabelsOf(n % 28), Labeled: true, Split: []string{"train", "val"}[n%2]}
	return Entry{About: about, Shard: nameOf(n / 1000), Offset: int64(n%1000) << 19, Length: 500_000 + int64(n*7919%20_000), Raw: 1 << 20, Checksum: uint64(n) * 0xd1342543de82ef95}
}

func madeUpShards(rows int) map[string]summary {
	all := map[string]summary{}
	for shard := range (rows + 999) / 1000 {
		all[nameOf(shard)] = summary{fmt.Sprintf("%064x", shard), 1 << 29}
	}
	return all
}

func processorTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// mostMemory is the most that this process has had since it was last reset, where
// the system tells.
func mostMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	line, _, _ := bytes.Cut(rest, []byte("kB"))
	kilobytes, _ := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	return kilobytes << 10
}
