package images

import (
	"errors"
	"fmt"
	"os"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/regular"
	"hpaflow/data/shards"
	"hpaflow/data/table"
	"hpaflow/flow/component"
)

// checkChannels looks at the first sample's image, and says when it has
// another number of channels than is wanted, so that a set of the wrong sort
// is refused before there is any work. An image that cannot be read, or is beyond
// the limits, is left to the run, which knows what to do with bad records.
func checkChannels(rows []table.Row, find func(id string) ([]data.File, error), want int, limits component.Limits) error {
	if want == 0 || len(rows) == 0 {
		return nil
	}
	files, err := find(rows[0].ID)
	if err != nil || len(files) != 1 {
		return nil
	}
	im, err := firstImage(files[0], limits)
	if err != nil || len(im.Planes) == want {
		return nil
	}
	return fmt.Errorf("%s has %d channels, but the flow is for %d", files[0].Name, len(im.Planes), want)
}

var errBeyond = errors.New("beyond the limits")

func firstImage(f data.File, limits component.Limits) (*data.Image, error) {
	if f.Channel == data.Packed {
		if n, err := shards.Unpacked(f.Data); err != nil || n > limits.MaxPixels*data.MaxPlanes*2 {
			return nil, errBeyond
		}
		s, err := shards.DecodeSample(f.Data)
		if err != nil {
			return nil, err
		}
		return s.Image, nil
	}
	if f.Data != nil {
		return codec.DecodeChannels(f.Name, f.Data)
	}
	info, err := os.Stat(f.Name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > limits.MaxMember {
		return nil, errBeyond
	}
	b, err := regular.Read(f.Name, limits.MaxMember)
	if err != nil {
		return nil, err
	}
	if claim, err := codec.ReadClaim(f.Name, b); err != nil || claim.Pixels() > limits.MaxPixels {
		return nil, errBeyond
	}
	return codec.DecodeChannels(f.Name, b)
}
