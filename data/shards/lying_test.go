package shards

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// repeating is a zstd frame of a byte that is repeated so often, in blocks of
// 128 KiB that take four bytes each.
func repeating(n int) []byte {
	const block = 128 << 10
	b := binary.LittleEndian.AppendUint64([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, uint64(n))
	for left := n; left > 0; left -= block {
		head := uint32(min(left, block))<<3 | 1<<1
		if left <= block {
			head |= 1
		}
		b = append(b, byte(head), byte(head>>8), byte(head>>16), 0)
	}
	return b
}

// A shard without an index that claims to hold far more than it is large is
// refused before that is unpacked.
func TestLyingShard(t *testing.T) {
	const n = mostScanned + 1
	frame, dir := repeating(n), t.TempDir()
	file := appendSeekTable(frame, []seekEntry{{packed: uint32(len(frame)), raw: n}})
	if err := os.WriteFile(filepath.Join(dir, nameOf(0)), file, 0o600); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Open(dir, AnyKind)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "frame 0: claims to hold 536870913 bytes, more than is unpacked of a shard that no index names") {
		t.Error(err)
	}
	if made := after.TotalAlloc - before.TotalAlloc; made > 64<<20 {
		t.Errorf("%d MiB of memory for a file of %d KiB", made>>20, len(file)>>10)
	}
}

// So is one whose many frames do, unless it is large itself.
func TestUnpacking(t *testing.T) {
	small, large := unpacking{file: 1 << 20}, unpacking{file: 1 << 33}
	for range mostOfShard / mostScanned {
		if err := small.admit(mostScanned); err != nil {
			t.Fatal(err)
		}
	}
	if small.admit(1) == nil {
		t.Error("a small file holds anything")
	}
	for range 100 {
		if err := large.admit(mostScanned); err != nil {
			t.Fatal(err)
		}
	}
}
