package webdataset

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data"
	"hpaflow/data/archive"
	"hpaflow/data/place"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/sources/remote"
)

// reading is one tar that is being read.
type reading struct {
	*input
	tar   string
	out   *flow.Emitter[*data.Sample]
	at    *sample // whose members come; nil: none
	ended bool    // by an error of the emitter's, which is to be returned as it is
}

// sample is what has come of one.
type sample struct {
	key    string
	images []member
	json   []byte
	label  []byte // of the member that holds labels
	bytes  int64
	fault  error
}

// member is one of a sample's.
type member struct {
	name    string // in the tar
	suffix  string // behind the key and a dot
	content []byte
}

// all reads the whole tar. What is wrong with it is a dead letter under its name.
func (r *reading) all(ctx context.Context) error {
	err := r.read(ctx)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case r.ended:
		return err
	case err == nil:
		return r.yield(nil)
	}
	cut := fmt.Errorf("its tar breaks off: %w", err)
	if r.at != nil {
		if err := r.yield(cut); err != nil {
			return err
		}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		err = remote.Blame(data.File{Name: place.Shown(r.tar)}, err)
	}
	return r.fail(place.Base(r.tar), err)
}

func (r *reading) read(ctx context.Context) error {
	f, err := place.Open(ctx, r.tar)
	if err != nil {
		return err
	}
	defer f.Close() // opened for reading: nothing can be lost
	text, done, err := archive.Decompress(bufio.NewReaderSize(f, 1<<18))
	if err != nil {
		return err
	}
	defer done()
	if head, _ := text.Peek(512); !archive.IsTar(head) {
		return errors.New("is no tar")
	}
	return archive.Tar(ctx, text, 0, r.member)
}

// cut takes the name of a member apart, as WebDataset does: the key goes up to the first
// dot of the last part.
func cut(name string) (key, suffix string, ok bool) {
	name = path.Clean(name)
	folder, base := path.Split(name)
	stem, suffix, ok := strings.Cut(base, ".")
	return folder + stem, strings.ToLower(suffix), ok && stem != ""
}

func (r *reading) member(m archive.Member) error {
	key, suffix, ok := cut(m.Name)
	if !ok {
		r.others++
		return nil
	}
	if r.at == nil || r.at.key != key {
		if err := r.yield(nil); err != nil {
			return err
		}
		r.at = &sample{key: key}
	}
	what := r.wants.of(suffix)
	if what == nothing {
		r.others++
		return nil
	}
	if r.at.fault != nil {
		return nil
	}
	content, fault, err := r.content(m)
	if err != nil {
		return err
	}
	if r.at.fault = fault; fault != nil {
		return nil
	}
	switch what {
	case image:
		r.at.images = append(r.at.images, member{m.Name, suffix, content})
	case jsonText:
		r.at.json = content
	case labelText:
		r.at.label = content
	}
	return nil
}

// content is that of a member, or why its sample has none.
func (r *reading) content(m archive.Member) (content []byte, fault, err error) {
	switch {
	case m.Err != nil:
		return nil, fmt.Errorf("%s: %w", m.Name, m.Err), nil
	case m.Size > r.limits.MaxMember:
		return nil, fmt.Errorf("%s holds %s, more than is read of a file; %s", m.Name, component.FormatSize(m.Size),
			component.Raise("max_member", fmt.Sprintf(`"%dMiB"`, m.Size>>20+1))), nil
	case r.at.bytes+m.Size > r.limits.MaxWaiting:
		r.at.images = nil
		return nil, fmt.Errorf("its members hold more than %s; %s", component.FormatSize(r.limits.MaxWaiting),
			component.Raise("max_waiting", fmt.Sprintf(`"%dMiB"`, (r.at.bytes+m.Size)>>20+1))), nil
	}
	content, err = m.Read()
	r.at.bytes += int64(len(content))
	return content, nil, err
}

// yield sends the sample on whose members have come, or says why not.
func (r *reading) yield(fault error) error {
	s := r.at
	if r.at = nil; s == nil {
		return nil
	}
	err := r.yieldOne(s, fault)
	r.ended = r.ended || err != nil
	return err
}

func (r *reading) yieldOne(s *sample, fault error) error {
	if len(s.images) == 0 && cmp.Or(fault, s.fault) == nil {
		r.others++
		if s.json == nil && s.label == nil {
			return nil // of no sample, as a README
		}
		return r.fail(s.key, flow.Skip(fmt.Sprintf("it has no image (%s)", r.wants)))
	}
	out := &data.Sample{ID: s.key}
	files, err := r.files(s)
	if fault = cmp.Or(fault, s.fault, data.CheckKey(s.key), err); fault == nil {
		fault = r.wants.tell(out, s, r.split)
	}
	if fault != nil {
		return r.fail(shown(s.key), flow.OfFile(r.tar, fault))
	}
	sum := xxhash.New()
	for _, f := range files {
		sum.Write(f.Data)
	}
	if before, twice := r.seen[s.key]; twice {
		if before == sum.Sum64() {
			return nil
		}
		return r.fail(s.key, fmt.Errorf("%s is another picture than one that came first and has the same key", files[0].Name))
	}
	if len(r.seen) == r.limits.MaxKeys {
		return r.fail(s.key, flow.Fatal(fmt.Errorf("it is sample %d, and no more than that are remembered to tell two of one key apart; %s",
			len(r.seen)+1, component.Raise("max_keys", 4*r.limits.MaxKeys))))
	}
	r.seen[s.key] = sum.Sum64()
	if complete, err := r.out.CompleteFrom(s.key, provenance.Files(files)); err != nil || complete {
		return err
	}
	out.Files = files
	return r.out.Emit(s.key, out)
}

func (r *reading) fail(key string, err error) error {
	r.failed++
	return r.out.Fail(key, err)
}

// files are a sample's, as a decoder takes them.
func (r *reading) files(s *sample) ([]data.File, error) {
	var list []data.File
	for _, m := range r.wants.ordered(s.images) {
		list = append(list, data.File{Name: place.Shown(r.tar) + ":" + m.name, Channel: data.RGBY, Data: m.content})
	}
	switch n := len(r.wants.images); {
	case n <= 1 && len(list) > 1:
		return nil, fmt.Errorf("it has several images, %s and %s; image = [...] says which", list[0].Name, list[1].Name)
	case n > 1 && len(list) < n:
		return nil, fmt.Errorf("it has %d images of %d (%s)", len(list), n, r.wants)
	case n > 1:
		for i := range list {
			list[i].Channel = planeName(r.wants.images[i])
		}
	}
	return list, nil
}

// planeName is a plane's, by its member's suffix: red of red.png.
func planeName(suffix string) string { return strings.TrimSuffix(suffix, path.Ext(suffix)) }

// shown is a key in reports, whatever bytes it is made of.
func shown(key string) string {
	quoted := fmt.Sprintf("%q", key)
	return quoted[1 : len(quoted)-1]
}
