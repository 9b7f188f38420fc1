package remote

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"hpaflow/data"
	"hpaflow/data/store"
	"hpaflow/flow"
)

// atOnce is how many samples are got at the same time. At 20 ms to the store that
// is enough for 3,000 samples a second; the run's memory bounds it where they are
// large, and a store that is asked too much slows it down by itself.
const atOnce = 64

// Get gets the bytes of one file of a sample.
type Get func(ctx context.Context, s *data.Sample, file data.File) (data.File, error)

// Fetch adds the stage that gets the files of samples which have them elsewhere.
func Fetch(in flow.Out[*data.Sample], source string, get Get) flow.Out[*data.Sample] {
	stage := flow.Stage{Name: source + ".fetch", Workers: atOnce}
	return flow.Map(in, stage, func(ctx context.Context, r flow.Record[*data.Sample]) (*data.Sample, error) {
		return fetch(ctx, r.Value, get)
	})
}

// fetch gets the files of a sample, all at once.
func fetch(ctx context.Context, s *data.Sample, get Get) (*data.Sample, error) {
	var bytes int64
	for _, f := range s.Files {
		if f.Data == nil {
			bytes += f.Size
		}
	}
	if bytes == 0 && here(s.Files) {
		return s, nil
	}
	if err := flow.Reserve(ctx, bytes, bytes); err != nil {
		return nil, err
	}
	defer flow.Outside(ctx)()
	out := *s
	out.Files = append([]data.File(nil), s.Files...)
	group, all := errgroup.WithContext(ctx)
	for i, f := range s.Files {
		if f.Data != nil {
			continue
		}
		group.Go(func() (err error) {
			defer func() { // nobody else could recover it here
				if v := recover(); v != nil {
					err = fmt.Errorf("panic: %v", v)
				}
			}()
			out.Files[i], err = get(all, s, f)
			return Blame(f, err)
		})
	}
	if err := group.Wait(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	return &out, nil
}

// Blame says whose fault an error is: of the file, or where the store is not to be
// had at all, of the run. Its records are to be tried again, not to be given up.
func Blame(f data.File, err error) error {
	if err == nil {
		return nil
	}
	whole := store.Temporary(err) || errors.Is(err, store.ErrCredentials) || errors.Is(err, store.ErrNoBucket)
	if f.Channel != "" {
		err = fmt.Errorf("%s: %w", f.Channel, err)
	}
	if err = flow.OfFile(f.Name, err); whole {
		return flow.Fatal(err)
	}
	return err
}

func here(files []data.File) bool {
	for _, f := range files {
		if f.Data == nil {
			return false
		}
	}
	return true
}
