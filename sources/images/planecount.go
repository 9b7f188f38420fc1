package images

import (
	"fmt"
	"os"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/shards"
	"hpaflow/data/table"
)

// checkChannels looks at the first sample's image, and says when it has
// another number of channels than is wanted, so that a set of the wrong sort
// is refused before there is any work. An image that cannot be read is left to
// the run, which knows what to do with bad records.
func checkChannels(rows []table.Row, find func(id string) ([]data.File, error), want int) error {
	if want == 0 || len(rows) == 0 {
		return nil
	}
	files, err := find(rows[0].ID)
	if err != nil || len(files) != 1 {
		return nil
	}
	im, err := firstImage(files[0])
	if err != nil || len(im.Planes) == want {
		return nil
	}
	return fmt.Errorf("%s has %d channels, but the flow is for %d", files[0].Name, len(im.Planes), want)
}

func firstImage(f data.File) (*data.Image, error) {
	if f.Channel == data.Packed {
		s, err := shards.DecodeSample(f.Data)
		if err != nil {
			return nil, err
		}
		return s.Image, nil
	}
	b, err := os.ReadFile(f.Name)
	if err != nil {
		return nil, err
	}
	return codec.DecodeChannels(f.Name, b)
}
