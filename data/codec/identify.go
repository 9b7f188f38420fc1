package codec

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data/zarr"
)

// format is a kind of image file.
type format struct {
	name       string
	magics     []string // one of which a file begins with
	extensions []string
	claim      func(c Choice, b []byte) (Claim, error)
	decode     func(c Choice, b []byte, alloc allocator) error
}

var formats = []format{
	{"PNG", []string{"\x89PNG\r\n\x1a\n"}, []string{".png"}, claimPNG, decodePNG},
	{"JPEG", []string{"\xff\xd8\xff"}, []string{".jpg", ".jpeg"}, claimJPEG, decodeJPEG},
	{"TIFF", []string{"II*\x00", "MM\x00*", "II+\x00", "MM\x00+"}, []string{".tif", ".tiff"}, Choice.claimTIFF, Choice.decodeTIFF},
	{"NumPy", []string{"\x93NUMPY"}, []string{".npy"}, Choice.claimArray, Choice.decodeArray},
	{"OME-Zarr", []string{zarr.Magic}, []string{".zarr"}, Choice.claimZarr, Choice.decodeZarr},
}

// identify finds a file's format by its first bytes.
func identify(name string, b []byte) (format, error) {
	if len(b) == 0 {
		return format{}, errors.New("file is empty")
	}
	extension := strings.ToLower(filepath.Ext(name))
	claimed := claimedBy(extension)
	f, found := formatOf(b)
	switch {
	case found && claimed != "" && claimed != f.name:
		return format{}, fmt.Errorf("is named %s but holds a %s image", extension, f.name)
	case found:
		return f, nil
	case Foreign(name, b) != "":
		return format{}, errors.New("is " + Foreign(name, b))
	case claimed != "":
		return format{}, fmt.Errorf("is named %s but holds no %s image", extension, claimed)
	}
	return format{}, errors.New("is no PNG, JPEG or TIFF image")
}

// claimedBy is the format that an extension is of; empty: of none.
func claimedBy(extension string) string {
	for _, f := range formats {
		if slices.Contains(f.extensions, extension) {
			return f.name
		}
	}
	return ""
}

// formatOf is the format that bytes begin.
func formatOf(head []byte) (f format, found bool) {
	for _, f := range formats {
		for _, magic := range f.magics {
			if bytes.HasPrefix(head, []byte(magic)) {
				return f, true
			}
		}
	}
	return format{}, false
}

// IsImage says whether bytes begin an image of a format that is read.
func IsImage(head []byte) bool {
	_, found := formatOf(head)
	return found
}
