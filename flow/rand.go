package flow

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
)

// Rand is the generator for one record: it depends on the run's seed, the
// epoch, the record's key and on what the draw is for, and on nothing else, so
// that results do not depend on which worker draws, or when.
func Rand(seed uint64, epoch int, key, purpose string) *rand.Rand {
	h := fnv.New128a()
	var head [16]byte
	binary.LittleEndian.PutUint64(head[:8], seed)
	binary.LittleEndian.PutUint64(head[8:], uint64(epoch))
	h.Write(head[:])
	h.Write([]byte(key))
	h.Write([]byte{0}) // so that no key and purpose run together as another pair does
	h.Write([]byte(purpose))
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])))
}
