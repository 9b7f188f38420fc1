package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// memory is a server in memory, on which anything can be made to go wrong.
type memory struct {
	mu      sync.Mutex
	objects map[string]object
	changes int
	inOrder bool
	page    int

	asked  int
	faults func(ask int, what string) fault // what befalls a request
	delay  func(ask int, what string) time.Duration
	busy   int // requests under way, and the most there were at once
	most   int
}

type object struct {
	body    []byte
	version string
	writer  string
	since   time.Time
}

// fault is what befalls a request.
type fault int

const (
	none fault = iota
	slowDown
	unavailable
	reset    // before anything is done
	lost     // done, but the answer is lost
	cutOff   // a body ends early
	denied   // for good
	listLate // the listing lacks the newest
)

func newMemory() *memory { return &memory{objects: map[string]object{}, page: 20} }

// begin counts a request, and gives its fault.
func (m *memory) begin(ctx context.Context, what string) (fault, error) {
	m.mu.Lock()
	m.asked++
	ask := m.asked
	m.busy++
	m.most = max(m.most, m.busy)
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		m.busy--
		m.mu.Unlock()
	}()
	if m.delay != nil {
		select {
		case <-time.After(m.delay(ask, what)):
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return none, remote.NetworkError("mem://", ctx.Err())
	}
	f := none
	if m.faults != nil {
		f = m.faults(ask, what)
	}
	switch f {
	case slowDown:
		return f, &store.Error{URL: "mem://", Cause: errors.New("SlowDown"), Later: true, Slow: true}
	case unavailable:
		return f, remote.StatusError("mem://", 503, nil, nil)
	case reset:
		return f, remote.NetworkError("mem://", errors.New("connection reset by peer"))
	case denied:
		return f, remote.StatusError("mem://", 403, nil, nil)
	}
	return f, nil
}

// answer is the error of a request that was done.
func (f fault) answer(err error) error {
	if f == lost {
		return remote.NetworkError("mem://", io.ErrUnexpectedEOF)
	}
	return err
}

func missing(key string) error { return remote.StatusError("mem://"+key, 404, nil, nil) }

func (o object) of(key string) store.Object {
	return store.Object{Key: key, Size: int64(len(o.body)), Version: o.version}
}

func (m *memory) ListPage(ctx context.Context, o store.ListOptions, token string) (remote.Page, error) {
	f, err := m.begin(ctx, "list")
	if err != nil {
		return remote.Page{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var page remote.Page
	last := ""
	for _, key := range slices.Sorted(maps.Keys(m.objects)) {
		if !strings.HasPrefix(key, o.Prefix) || f == listLate && time.Since(m.objects[key].since) < 100*time.Millisecond {
			continue
		}
		entry := m.objects[key].of(key)
		if at := strings.IndexByte(key[len(o.Prefix):], '/'); o.Folder && at >= 0 {
			entry = store.Object{Key: key[:len(o.Prefix)+at+1], Folder: true}
		}
		if entry.Key <= token || entry.Key == last {
			continue
		}
		if len(page.Objects) == m.page {
			page.Next = last
			break
		}
		last = entry.Key
		page.Objects = append(page.Objects, entry)
	}
	return page, f.answer(nil)
}

func (m *memory) Get(ctx context.Context, key, version string, offset, length int64) (remote.Body, error) {
	f, err := m.begin(ctx, "get")
	if err != nil {
		return remote.Body{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o, is := m.objects[key]
	switch {
	case !is:
		return remote.Body{}, missing(key)
	case version != "" && o.version != version:
		return remote.Body{}, &store.Error{URL: "mem://" + key, Kind: store.ErrChanged}
	case offset >= int64(len(o.body)):
		return remote.Body{}, remote.ErrRange
	}
	end := int64(len(o.body))
	if length >= 0 {
		end = min(end, offset+length)
	}
	body := io.Reader(bytes.NewReader(o.body[offset:end]))
	if f == cutOff || f == lost {
		body = io.MultiReader(bytes.NewReader(o.body[offset:offset+(end-offset)/2]), broken{})
	}
	return remote.Body{ReadCloser: io.NopCloser(body), Object: o.of(key), Offset: offset}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (m *memory) Head(ctx context.Context, key string) (store.Object, string, error) {
	f, err := m.begin(ctx, "head")
	if err != nil {
		return store.Object{}, "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o, is := m.objects[key]
	if !is {
		return store.Object{}, "", missing(key)
	}
	return o.of(key), o.writer, f.answer(nil)
}

func (m *memory) make(key string, body []byte, by remote.Making) (store.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, is := m.objects[key]; is && by.IfAbsent {
		return store.Object{}, &store.Error{URL: "mem://" + key, Kind: store.ErrExist}
	}
	m.changes++
	o := object{bytes.Clone(body), strconv.Itoa(m.changes), by.Writer, time.Now()}
	m.objects[key] = o
	return o.of(key), nil
}

func (m *memory) Put(ctx context.Context, key string, body []byte, by remote.Making) (store.Object, error) {
	f, err := m.begin(ctx, "put")
	if err != nil {
		return store.Object{}, err
	}
	o, err := m.make(key, body, by)
	return o, f.answer(err)
}

func (m *memory) Begin(ctx context.Context, key string, by remote.Making) (remote.Upload, error) {
	f, err := m.begin(ctx, "begin")
	if err != nil || f == lost {
		return nil, errors.Join(err, f.answer(nil))
	}
	return &upload{m: m, key: key, by: by, parts: map[int][]byte{}}, nil
}

func (m *memory) Delete(ctx context.Context, key string) error {
	f, err := m.begin(ctx, "delete")
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, is := m.objects[key]; !is {
		return missing(key)
	}
	delete(m.objects, key)
	return f.answer(nil)
}

func (m *memory) URL(key string) string { return "mem://" + key }
func (m *memory) Close() error          { return nil }
func (m *memory) Parts() remote.Parts {
	return remote.Parts{Size: 1000, Largest: 1 << 20, Most: 10_000, InOrder: m.inOrder}
}

type upload struct {
	m     *memory
	key   string
	by    remote.Making
	mu    sync.Mutex
	parts map[int][]byte
	over  bool
}

func (u *upload) Part(ctx context.Context, number int, offset int64, body []byte) error {
	f, err := u.m.begin(ctx, "part")
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.m.inOrder && number > len(u.parts) {
		return fmt.Errorf("part %d came before %d", number, len(u.parts))
	}
	u.parts[number] = bytes.Clone(body)
	return f.answer(nil)
}

func (u *upload) Complete(ctx context.Context, offset int64, last []byte) (store.Object, error) {
	f, err := u.m.begin(ctx, "complete")
	if err != nil {
		return store.Object{}, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over {
		return store.Object{}, &store.Error{URL: "mem://" + u.key, Cause: remote.ErrUploadGone}
	}
	if u.m.inOrder != (len(last) > 0) {
		return store.Object{}, fmt.Errorf("the last part has %d bytes", len(last))
	}
	var body []byte
	for i := range len(u.parts) {
		body = append(body, u.parts[i]...)
	}
	o, err := u.m.make(u.key, append(body, last...), u.by)
	u.over = err == nil
	return o, f.answer(err)
}

func (u *upload) Abort(ctx context.Context) error {
	_, err := u.m.begin(ctx, "abort")
	return err
}

// some lets so many in a hundred requests of some kinds meet one of these faults.
func some(percent int, seed uint64, faults ...fault) func(int, string) fault {
	return func(ask int, what string) fault {
		r := rand.New(rand.NewPCG(seed, uint64(ask)))
		if r.IntN(100) < percent {
			return faults[r.IntN(len(faults))]
		}
		return none
	}
}
