package remote_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
	"hpaflow/data/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, m *memory, o remote.Options) store.Store {
	t.Helper()
	s, err := remote.New(m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// quick are options under which nothing waits for long, and small pieces.
func quick() remote.Options {
	return remote.Options{Wait: time.Microsecond, MaxWait: time.Millisecond, Piece: 3000, Hedge: time.Millisecond, Tries: 100, First: 100}
}

// The suite passes on a server that answers, and on one where three in ten requests
// meet any fault that may pass.
func TestRemote(t *testing.T) {
	for name, m := range map[string]func() *memory{
		"whole":    newMemory,
		"in order": func() *memory { m := newMemory(); m.inOrder = true; return m },
		"faulty": func() *memory {
			m := newMemory()
			m.faults = some(30, 1, slowDown, unavailable, reset, lost, cutOff)
			return m
		},
		"faulty in order": func() *memory {
			m := newMemory()
			m.inOrder, m.faults = true, some(30, 2, slowDown, unavailable, reset, lost, cutOff)
			return m
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, storetest.Options{Large: 21_234}, func(t *testing.T) store.Store { return open(t, m(), quick()) })
		})
	}
}

// A write whose answer is lost is found to have been done; one that lost the race is
// not taken for it, though the bytes are the same.
func TestLostAnswers(t *testing.T) {
	for _, size := range []int{10, 5000} {
		m := newMemory()
		m.faults = func(ask int, what string) fault {
			if what == "put" || what == "complete" {
				m.faults = nil
				return lost
			}
			return none
		}
		s := open(t, m, quick())
		body := storetest.Body(size, 1)
		o, err := store.Put(t.Context(), s, "k", body, store.CreateOptions{IfAbsent: true})
		if err != nil || o.Key != "k" || o.Size != int64(size) {
			t.Errorf("%d bytes: %+v, %v", size, o, err)
		}
		m.faults = func(ask int, what string) fault {
			if what == "put" || what == "complete" {
				m.faults = nil
				return reset
			}
			return none
		}
		if _, err := store.Put(t.Context(), s, "k", body, store.CreateOptions{IfAbsent: true}); !errors.Is(err, store.ErrExist) {
			t.Errorf("%d bytes, by another: %v", size, err)
		}
	}
}

// What is for good is not tried again; what may pass is, so often.
func TestTries(t *testing.T) {
	m := newMemory()
	s := open(t, m, remote.Options{Wait: time.Microsecond, MaxWait: time.Millisecond, Tries: 5, First: 3, Budget: 6})
	m.faults = some(100, 1, reset)
	for i, want := range []int{3, 3} { // its address may be wrong
		m.asked = 0
		_, err := s.Stat(t.Context(), "k")
		if err == nil || m.asked != want || !strings.HasSuffix(err.Error(), "(3 tries)") {
			t.Errorf("%d: %d tries, %v", i, m.asked, err)
		}
	}
	m.faults, m.asked = some(100, 1, denied), 0
	if _, err := s.Stat(t.Context(), "k"); !errors.Is(err, store.ErrPermission) || m.asked != 1 {
		t.Errorf("%d tries, %v", m.asked, err)
	}
	m.faults = some(100, 1, unavailable)
	for i, want := range []int{3, 1} { // of the budget 2 were left
		m.asked = 0
		if _, err := s.Stat(t.Context(), "k"); !store.Temporary(err) || m.asked != want {
			t.Errorf("%d: %d tries, not %d, %v", i, m.asked, want, err)
		}
	}
	m.faults = nil
	if _, err := s.Stat(t.Context(), "k"); !errors.Is(err, store.ErrNotExist) {
		t.Error(err)
	}
}

// A server that bears four requests at once gets about as many, and all are done.
func TestRequestsFollowTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.delay = func(int, string) time.Duration { return 10 * time.Millisecond }
		m.faults = func(int, string) fault {
			m.mu.Lock()
			defer m.mu.Unlock()
			if m.busy > 4 {
				return slowDown
			}
			return none
		}
		s := open(t, m, remote.Options{Requests: 64, Hedge: -1})
		if _, err := store.Put(t.Context(), s, "k", []byte("x"), store.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				for range 10 {
					if _, err := s.Stat(t.Context(), "k"); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		traffic := s.(interface{ Traffic() store.Traffic }).Traffic()
		if traffic.Limit > 10 || traffic.Slowed == 0 || traffic.Slowed > 200 {
			t.Errorf("%d requests at once in the end; it asked %d times for fewer in %d", traffic.Limit, traffic.Slowed, traffic.Requests)
		}
		t.Logf("%+v", traffic)
	})
}

// One read in a hundred that would take a second is sent again and takes no longer
// than others; and not all are sent twice when all are slow.
func TestSlowReadsAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		slow := 100
		m.delay = func(ask int, _ string) time.Duration {
			if ask%slow == 0 {
				return time.Second
			}
			return 10 * time.Millisecond
		}
		s := open(t, m, remote.Options{})
		body := storetest.Body(100_000, 1)
		if _, err := store.Put(t.Context(), s, "k", body, store.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 100)
		var longest time.Duration
		read := func() {
			begin := time.Now()
			if n, err := s.ReadAt(t.Context(), "k", "", p, 500); n != 100 || err != nil || !bytes.Equal(p, body[500:600]) {
				t.Errorf("%d, %v", n, err)
			}
			longest = max(longest, time.Since(begin))
		}
		for range 1000 {
			read()
		}
		if traffic := s.(interface{ Traffic() store.Traffic }).Traffic(); longest > 100*time.Millisecond || traffic.Hedged < 8 || traffic.Hedged > 12 {
			t.Errorf("the longest took %v; %+v", longest, traffic)
		}
		slow = 1
		before := m.asked
		for range 1000 {
			read()
		}
		if twice := m.asked - before - 1000; twice > 110 {
			t.Errorf("of 1000 slow reads %d were sent twice", twice)
		}
	})
}

// A listing that lacks what is new is whole otherwise.
func TestLateListing(t *testing.T) {
	m := newMemory()
	s := open(t, m, quick())
	for _, key := range []string{"a", "b"} {
		if _, err := store.Put(t.Context(), s, key, []byte(key), store.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if key == "a" {
			time.Sleep(110 * time.Millisecond)
			m.faults = some(100, 1, listLate)
		}
	}
	var listed []string
	for o, err := range s.List(t.Context(), store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, o.Key)
	}
	if strings.Join(listed, " ") != "a" {
		t.Errorf("listed %q", listed)
	}
	if err := store.CheckIfAbsent(t.Context(), s, ""); err != nil { // it does not go by listings
		t.Error(err)
	}
}

// Bytes under way are bounded, and so is what is read ahead; who closes early ends
// what is under way.
func TestReadingAhead(t *testing.T) {
	m := newMemory()
	m.objects["k"] = object{body: storetest.Body(100_000, 1), version: "1"}
	s := open(t, m, remote.Options{Bytes: 5000, Piece: 2000})
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			r, _, err := s.Open(t.Context(), "k")
			if err != nil {
				t.Error(err)
				return
			}
			got, err := io.ReadAll(io.LimitReader(r, int64(30_000*(i%4))))
			if err != nil || !bytes.Equal(got, m.objects["k"].body[:len(got)]) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if m.most > 5 {
		t.Errorf("%d requests of 2000 bytes were under way", m.most)
	}
}

// An object that is replaced while it is read is an error, not a mixture.
func TestReplacedWhileRead(t *testing.T) {
	m := newMemory()
	m.objects["k"] = object{body: storetest.Body(100_000, 1), version: "old"}
	s := open(t, m, remote.Options{Piece: 2000, Bytes: 4000})
	r, _, err := s.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(t.Context(), s, "k", storetest.Body(100_000, 2), store.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, store.ErrChanged) {
		t.Errorf("error %v", err)
	}
}

// A server that is silent is given up, and a wait ends with its context.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.delay = func(int, string) time.Duration { return time.Hour }
		s := open(t, m, remote.Options{Idle: time.Second, First: 2})
		if _, err := s.Stat(t.Context(), "k"); err == nil || !strings.Contains(err.Error(), "took too long") {
			t.Error(err)
		}
		cause := errors.New("enough")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, cause)
		defer cancel()
		if _, err := s.Stat(ctx, "k"); !errors.Is(err, cause) {
			t.Error(err)
		}
	})
}
