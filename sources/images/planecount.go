package images

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/regular"
	"hpaflow/data/shards"
	"hpaflow/data/table"
	"hpaflow/flow/component"
)

// firstPlanes looks at the first sample's image, and gives how many planes it has
// and what they are called; 0 and nil where nobody knows. Where it has another
// number of planes than is wanted it is an error, so that a set of the wrong sort is
// refused before there is any work; 0 is any. An image that cannot be read, or is
// beyond the limits, is left to the run, which knows what to do with bad records.
func firstPlanes(rows []table.Row, find func(id string) ([]data.File, error), want int, limits component.Limits) (int, []string, error) {
	if len(rows) == 0 {
		return want, nil, nil
	}
	files, err := find(rows[0].ID)
	if err != nil || len(files) != 1 {
		return want, nil, nil
	}
	s, err := firstImage(files[0], limits)
	if err != nil {
		return want, nil, nil
	}
	planes := len(s.Image.Planes)
	names := data.KnownPlaneNames(s.Planes, planes)
	if want == 0 || planes == want {
		return planes, names, nil
	}
	are := ""
	if names != nil {
		are = " (" + strings.Join(names, ", ") + ")"
	}
	return 0, nil, fmt.Errorf("%s has %d channels%s, but the flow is for %d", files[0].Name, planes, are, want)
}

var errBeyond = errors.New("beyond the limits")

func firstImage(f data.File, limits component.Limits) (*data.Sample, error) {
	if f.Channel == data.Packed {
		if n, err := shards.Unpacked(f.Data); err != nil || n > limits.MaxPixels*data.MaxPlanes*2 {
			return nil, errBeyond
		}
		return shards.DecodeSample(f.Data)
	}
	if f.Data != nil {
		return decoded(f.Name, f.Data)
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
	return decoded(f.Name, b)
}

func decoded(name string, b []byte) (*data.Sample, error) {
	im, err := codec.DecodeChannels(name, b)
	return &data.Sample{Image: im}, err
}
