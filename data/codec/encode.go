package codec

import (
	"io"

	"hpaflow/data"
	"hpaflow/data/codec/png"
)

// AppendRGBY appends the planes as the channels of one PNG, of the image's
// depth. Four planes always become four channels, opaque or not.
func AppendRGBY(dst []byte, im *data.Image) ([]byte, error) { return png.Append(dst, im) }

// The formats in which images are written.
const (
	PNG     = "png"
	OMETIFF = "ome.tif"
)

// Formats are all of them.
var Formats = []string{PNG, OMETIFF}

// EncodeRGBY is AppendRGBY to a writer.
func EncodeRGBY(w io.Writer, im *data.Image) error {
	b, err := AppendRGBY(nil, im)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
