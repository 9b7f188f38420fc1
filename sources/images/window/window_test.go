package window_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"hpaflow/sources/images/window"
)

// drawPlaces are records of some shards: frames of like length one behind the
// other, some of which are of no record, in any order.
func drawPlaces(t *rapid.T) []window.Place {
	draw := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	var places []window.Place
	length := rapid.Int64Range(1, 3<<20).Draw(t, "bytes")
	for file := range rapid.IntRange(1, 12).Draw(t, "files") {
		at := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "frames") {
			n := length + draw.Int64N(length)
			if draw.IntN(5) > 0 {
				places = append(places, window.Place{File: fmt.Sprint(file), Offset: at, Length: n})
			}
			at += n
		}
	}
	draw.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	return places
}

// Every record comes once an epoch, in an extent that is as long as may be, and
// no more shards are open than were asked for.
func TestEpoch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places, open := drawPlaces(t), rapid.IntRange(1, 20).Draw(t, "open")
		l := window.Cut(places)
		in := map[int32]int32{}
		for extent := range l.Extents() {
			list := l.Records(extent)
			first, last := places[list[0]], places[list[len(list)-1]]
			if n := last.Offset + last.Length - first.Offset; n > window.ExtentBytes && len(list) > 1 {
				t.Fatalf("an extent of %d bytes", n)
			}
			for i, record := range list {
				if places[record].File != first.File || i > 0 && places[record].Offset <= places[list[i-1]].Offset {
					t.Fatalf("record %d of an extent stands elsewhere", i)
				}
				in[record] = int32(extent)
			}
		}
		visits := l.Epoch(open, rand.New(rand.NewPCG(1, 2)))
		left := map[string]int{}
		for _, p := range places {
			left[p.File]++
		}
		all, begun := map[int32]bool{}, map[string]bool{}
		for _, v := range visits {
			file := places[v.Record].File
			if all[v.Record] || in[v.Record] != v.Extent {
				t.Fatalf("record %d of extent %d: it is in extent %d, came before: %v", v.Record, v.Extent, in[v.Record], all[v.Record])
			}
			all[v.Record], begun[file] = true, true
			if len(begun) > open {
				t.Fatalf("%d shards are open, of %d", len(begun), open)
			}
			if left[file]--; left[file] == 0 {
				delete(begun, file)
			}
		}
		if len(all) != len(places) {
			t.Fatalf("%d of %d records", len(all), len(places))
		}
		if again := l.Epoch(open, rand.New(rand.NewPCG(1, 2))); !slices.Equal(again, visits) {
			t.Fatal("the same generator draws another order")
		}
	})
}

// shelves are shards of so many frames of 512 KiB, numbered one behind the other.
func shelves(files, frames int) []window.Place {
	var places []window.Place
	for i := range files * frames {
		places = append(places, window.Place{File: fmt.Sprint(i / frames), Offset: int64(i%frames) << 19, Length: 1 << 19})
	}
	return places
}

// A window mixes: batches are of many shards, neighbours in a shard come far
// apart, nothing of the order is in the next epoch's, and each record comes at
// every time of an epoch.
func TestWindowMixes(t *testing.T) {
	const files, frames, open, batch = 40, 64, 16, 32
	l := window.Cut(shelves(files, frames))
	const n = files * frames
	var times [n]float64
	const epochs = 40
	for epoch := range epochs {
		visits := l.Epoch(open, rand.New(rand.NewPCG(7, uint64(epoch))))
		var at [n]int
		shards := 0
		for i, v := range visits {
			at[v.Record] = i
			times[v.Record] += float64(i) / n / epochs
		}
		for b := range n / batch {
			seen := map[int32]bool{}
			for _, v := range visits[b*batch:][:batch] {
				seen[v.Record/frames] = true
			}
			shards += len(seen)
		}
		if mean := float64(shards) / (n / batch); mean < 9 { // of 16 that are equally full it would be 14
			t.Errorf("epoch %d: a batch of %d is of %.1f shards", epoch, batch, mean)
		}
		distance, behind := 0, 0
		for i := 1; i < n; i++ {
			if i%frames == 0 {
				continue
			}
			d := at[i] - at[i-1]
			if d < 0 {
				behind++
				d = -d
			}
			distance += d
		}
		const pairs = n - files
		if mean := float64(distance) / pairs; mean < 60 {
			t.Errorf("epoch %d: neighbours come %.0f samples apart", epoch, mean)
		}
		if share := float64(behind) / pairs; share < .4 || share > .6 {
			t.Errorf("epoch %d: of neighbours, %.2f come in the other order", epoch, share)
		}
	}
	for record, mean := range times { // of 40 draws from 0..1: deviates by .046
		if mean < .5-.2 || mean > .5+.2 {
			t.Errorf("record %d comes after %.2f of an epoch, in the mean", record, mean)
		}
	}
}

// With a reader that answers after 20 ms, as a server does, an epoch takes as
// many reads as there are extents, each once, some at a time.
func TestFewReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const files, frames = 8, 64
		l := window.Cut(shelves(files, frames))
		visits := l.Epoch(4, rand.New(rand.NewPCG(1, 1)))
		var reads, atOnce, most atomic.Int64
		var mu sync.Mutex
		read := map[int32]bool{}
		r := window.NewReader(l, visits, func(records []int32) []int32 {
			reads.Add(1)
			if now := atOnce.Add(1); now > most.Load() {
				most.Store(now)
			}
			defer atOnce.Add(-1)
			time.Sleep(20 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			for _, record := range records {
				if read[record] {
					t.Errorf("record %d is read twice", record)
				}
				read[record] = true
			}
			return records
		})
		begun := time.Now()
		for _, v := range visits {
			if got := r.Take(); got != v.Record {
				t.Fatalf("took %d, want %d", got, v.Record)
			}
		}
		r.Close()
		const singly = files * frames * 20 * time.Millisecond // as shuffle = true would read them
		took := time.Since(begun)
		if reads.Load() != files*frames/16 || most.Load() > 5 || took > singly/32 {
			t.Errorf("%d reads, up to %d at once, in %v, and one by one in %v", reads.Load(), most.Load(), took, singly)
		}
	})
}

// What an earlier run is done with is not read, and what follows is the same.
func TestSkip(t *testing.T) {
	l := window.Cut(shelves(5, 40))
	visits := l.Epoch(3, rand.New(rand.NewPCG(2, 1)))
	for _, skip := range []int{0, 1, 77, len(visits) - 1, len(visits)} {
		var reads atomic.Int64
		r := window.NewReader(l, visits, func(records []int32) []int32 { reads.Add(1); return records })
		wanted := map[int32]bool{}
		for i, v := range visits {
			if i < skip {
				r.Skip()
				continue
			}
			wanted[v.Extent] = true
			if got := r.Take(); got != v.Record {
				t.Fatalf("after %d: took %d, want %d", skip, got, v.Record)
			}
		}
		r.Close()
		if int(reads.Load()) != len(wanted) {
			t.Errorf("after %d: %d reads, want %d", skip, reads.Load(), len(wanted))
		}
	}
}
