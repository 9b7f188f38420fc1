package store

import "time"

// Traffic is what has gone between this process and one store.
type Traffic struct {
	URL      string
	Requests int64 // that were sent, tries and hedges included
	Retries  int64 // of them, that came after one that failed
	Slowed   int64 // answers that asked for fewer requests
	Hedged   int64 // requests that were sent because an equal one was slow
	Cached   int64 // bytes that were not asked for, since the cache had them
	Read     int64 // bytes
	Written  int64
	Limit    int           // requests that may be under way at once, as it stands
	Waited   time.Duration // of all callers together, from asking to the answer
}

// Traffics are those of all stores that are open, but for folders.
func Traffics() []Traffic {
	open.Lock()
	defer open.Unlock()
	var all []Traffic
	for _, s := range open.stores {
		if t, is := s.(interface{ Traffic() Traffic }); is {
			all = append(all, t.Traffic())
		}
	}
	return all
}
