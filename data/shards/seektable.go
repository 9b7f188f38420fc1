package shards

import "encoding/binary"

// The table at a shard's end, as the seekable zstd format describes it: a
// skippable frame with, for each frame, its sizes and the low half of the XXH64
// of its content.
const (
	skippableMagic = 0x184D2A5E
	seekableMagic  = 0x8F92EAB1
	hasChecksums   = 1 << 7
)

type seekEntry struct{ packed, raw, checksum uint32 }

func appendSeekTable(b []byte, entries []seekEntry) []byte {
	b = binary.LittleEndian.AppendUint32(b, skippableMagic)
	b = binary.LittleEndian.AppendUint32(b, uint32(12*len(entries)+9))
	for _, e := range entries {
		b = binary.LittleEndian.AppendUint32(b, e.packed)
		b = binary.LittleEndian.AppendUint32(b, e.raw)
		b = binary.LittleEndian.AppendUint32(b, e.checksum)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(entries)))
	b = append(b, hasChecksums)
	return binary.LittleEndian.AppendUint32(b, seekableMagic)
}
