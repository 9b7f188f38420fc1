package machine

import "runtime/metrics"

// Heap gives the limit of debug.SetMemoryLimit, math.MaxInt64 if there is none,
// and the bytes of the heap's objects: those in use, and those not yet swept.
func Heap() (limit, objects int64) {
	samples := []metrics.Sample{{Name: "/gc/gomemlimit:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64()), int64(samples[1].Value.Uint64())
}
