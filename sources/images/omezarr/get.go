package omezarr

import (
	"context"
	"errors"
	"fmt"

	"hpaflow/data"
	"hpaflow/data/zarr"
	"hpaflow/flow/component"
)

// plane is the file of a plane, with its bytes.
func (s *oneOf) plane(ctx context.Context, name string) (data.File, error) {
	for i, f := range s.files {
		if f.Channel == name {
			return s.get(ctx, i, f)
		}
	}
	return data.File{}, fmt.Errorf("%s has no plane %s", s.key, name)
}

// get reads the chunks of a plane's channel.
func (s *oneOf) get(ctx context.Context, plane int, f data.File) (data.File, error) {
	lo, hi := s.Piece(s.channels[plane], s.t, s.zFrom, s.zTo)
	e, err := s.root.fetcher.Fetch(ctx, s.Array, s.Path, lo, hi)
	if err != nil {
		return f, err
	}
	if absent, all := e.Absent(); absent == all {
		s.in.absent(s.key)
	}
	e.View = s.View()
	e.View.Project = s.project
	f.Data, err = e.Bytes()
	return f, err
}

// within gives the error of a limit its hint.
func within(err error) error {
	if large, is := errors.AsType[*zarr.TooLarge](err); is {
		return fmt.Errorf("%w; %s", err, component.Raise("max_member", fmt.Sprintf(`"%dMiB"`, large.Bytes>>20+1)))
	}
	return err
}
