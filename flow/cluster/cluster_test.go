package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// broker starts one in a folder, and connects to it.
func broker(t *testing.T, dir string) (*Broker, *Client) {
	t.Helper()
	b, err := Serve(BrokerOptions{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	a, err := Resolve("@"+dir, "", "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Connect(t.Context(), a, t.Name(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return b, c
}

func someJob(lease time.Duration) *Job {
	return &Job{Format: Format, Run: "0123", Dir: "/out", Name: "some", Text: "run {}", Lease: lease}
}

// must fails the test on an error.
func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// A unit is queued once however often it is put there, is handed out until it is
// acknowledged, and can then be queued again. All of it outlives the broker.
func TestUnitsAreQueuedOnce(t *testing.T) {
	dir := t.TempDir()
	b, c := broker(t, dir)
	ctx, j := t.Context(), someJob(time.Minute)
	if ids := must[[]string](t)(c.Jobs(ctx)); ids != nil {
		t.Errorf("jobs: %v", ids)
	}
	if _, err := c.Queued(ctx, j.ID()); !errors.Is(err, ErrForgotten) {
		t.Errorf("the queue of no job: %v", err)
	}
	for range 2 { // two submitters
		if err := c.Submit(ctx, j); err != nil {
			t.Fatal(err)
		}
	}
	if n := must[int](t)(c.Queue(ctx, j.ID(), []int{0, 1, 2})); n != 3 {
		t.Errorf("queued %d", n)
	}
	if n := must[int](t)(c.Queue(ctx, j.ID(), []int{2, 3, 0})); n != 1 {
		t.Errorf("queued %d that were not there", n)
	}
	got := must[*Job](t)(c.Job(ctx, j.ID()))
	if ids := must[[]string](t)(c.Jobs(ctx)); !slices.Equal(ids, []string{j.ID()}) || got == nil || got.Text != j.Text {
		t.Errorf("jobs: %v, %+v", ids, got)
	}
	first := must[*Lease](t)(c.Take(ctx, j.ID(), time.Second))
	if first == nil || first.Unit != 0 || first.Delivery != 1 {
		t.Fatalf("the first unit: %+v", first)
	}
	if err := first.Done(ctx); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	_, c = broker(t, dir)
	queued := must[map[int]bool](t)(c.Queued(ctx, j.ID()))
	if len(queued) != 3 || queued[0] {
		t.Errorf("queued after a restart: %v", queued)
	}
	if n := must[int](t)(c.Queue(ctx, j.ID(), []int{0, 1})); n != 1 {
		t.Errorf("queued %d anew", n)
	}
	if err := c.Remove(ctx, j.ID()); err != nil {
		t.Fatal(err)
	}
	if ids := must[[]string](t)(c.Jobs(ctx)); len(ids) != 0 {
		t.Errorf("jobs that were removed: %v", ids)
	}
}

// A lease runs out where nothing moves, and holds where something does; a unit
// that was handed out too often is dead, until it is tried again.
func TestLeases(t *testing.T) {
	_, c := broker(t, t.TempDir())
	ctx, j := t.Context(), someJob(time.Second)
	if err := c.Submit(ctx, j); err != nil {
		t.Fatal(err)
	}
	must[int](t)(c.Queue(ctx, j.ID(), []int{7}))
	held := must[*Lease](t)(c.Take(ctx, j.ID(), time.Second))
	moves := int64(0)
	stop := held.Keep(func() int64 { moves++; return moves })
	if other := must[*Lease](t)(c.Take(ctx, j.ID(), 2*time.Second)); other != nil {
		t.Fatal("a unit whose records move was handed out")
	}
	stop()
	stop = held.Keep(func() int64 { return 1 }) // the first look counts as a move
	defer stop()
	for n := 2; n <= MaxDeliver; n++ {
		l := must[*Lease](t)(c.Take(ctx, j.ID(), 10*time.Second))
		if l == nil || l.Delivery != n {
			t.Fatalf("delivery %d: %+v", n, l)
		}
		if n < MaxDeliver {
			if err := l.Back(0); err != nil {
				t.Fatal(err)
			}
		}
	}
	if l := must[*Lease](t)(c.Take(ctx, j.ID(), 3*time.Second)); l != nil {
		t.Fatalf("handed out too often: %+v", l)
	}
	dead := must[[]int](t)(c.Dead(ctx, j.ID()))
	if !slices.Equal(dead, []int{7}) {
		t.Fatalf("dead: %v", dead)
	}
	if n := must[int](t)(c.Retry(ctx, j.ID())); n != 1 {
		t.Errorf("tried again: %d", n)
	}
	l := must[*Lease](t)(c.Take(ctx, j.ID(), time.Second))
	if l == nil || l.Delivery != 1 {
		t.Fatalf("tried again: %+v", l)
	}
	if err := l.Again(ctx); err != nil {
		t.Fatal(err)
	}
	if l = must[*Lease](t)(c.Take(ctx, j.ID(), time.Second)); l == nil || l.Delivery != 1 {
		t.Fatalf("queued anew: %+v", l)
	}
	if dead := must[[]int](t)(c.Dead(ctx, j.ID())); dead != nil {
		t.Errorf("still dead: %v", dead)
	}
	must[struct{}](t)(struct{}{}, held.Done(ctx)) // of one who lost it long ago, which nothing depends on
}

// Workers are heard, and answer.
func TestStates(t *testing.T) {
	_, c := broker(t, t.TempDir())
	heard := make(chan State, 1)
	if err := errors.Join(c.Listen(func(s State) { heard <- s }), c.Answer(func() State { return State{Worker: "a", Unit: 3} })); err != nil {
		t.Fatal(err)
	}
	c.Flush()
	c.Tell(State{Worker: "b", Unit: -1})
	if s := <-heard; s.Worker != "b" || s.Unit != -1 {
		t.Errorf("heard %+v", s)
	}
	all := must[[]State](t)(c.Who(t.Context(), 300*time.Millisecond))
	if len(all) != 1 || all[0].Unit != 3 {
		t.Errorf("there are %+v", all)
	}
}

// A broker lets nobody in without its token, and a folder has one broker.
func TestToken(t *testing.T) {
	dir := t.TempDir()
	b, _ := broker(t, dir)
	other := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(other, []byte("wrong\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"", other} {
		_, err := Connect(t.Context(), Address{URL: b.URL, Secret: secret}, "x", nil)
		if err == nil || !strings.Contains(err.Error(), "--token-file") {
			t.Errorf("with %q: %v", secret, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, tokenName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token: %v, %v", info, err)
	}
	if _, err := Serve(BrokerOptions{Dir: dir, Listen: "127.0.0.1:0"}); err == nil {
		t.Error("two brokers in one folder")
	}
	if _, err := Serve(BrokerOptions{Dir: t.TempDir(), Listen: strings.TrimPrefix(b.URL, "nats://")}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a port that is taken: %v", err)
	}
}

func TestResolve(t *testing.T) {
	for _, given := range []string{"host:4222", "http://host", "nats://", "@" + t.TempDir(), "nats://secret@host:4222"} {
		if a, err := Resolve(given, "", ""); err == nil {
			t.Errorf("%s: %+v", given, a)
		}
	}
	if a, err := Resolve("nats://a:1,nats://b:2", "", ""); err != nil || a.URL != "nats://a:1,nats://b:2" {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := Resolve("nats://a:1", "/no/such/file", ""); err == nil {
		t.Error("a token that is not there")
	}
}
