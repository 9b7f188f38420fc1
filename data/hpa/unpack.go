package hpa

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// mostLayers is how often a file may be in gzip: once as the Atlas keeps it, and
// once more by a server that compresses whatever it sends.
const mostLayers = 2

// Unpack gives the TIFF that a .tif.gz holds, of so many bytes at most. One that is
// not in gzip is taken as it is, and one that is in it twice is unpacked twice.
func Unpack(body []byte, most int64) ([]byte, error) {
	for range mostLayers {
		if !bytes.HasPrefix(body, []byte("\x1f\x8b")) {
			break
		}
		unpacked, err := gunzip(body, most)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		body = unpacked
	}
	for _, mark := range []string{"II*\x00", "MM\x00*", "II+\x00", "MM\x00+"} {
		if bytes.HasPrefix(body, []byte(mark)) {
			return body, nil
		}
	}
	return nil, &notTIFFError{body[:min(len(body), 256)]}
}

func gunzip(body []byte, most int64) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	n, err := out.ReadFrom(io.LimitReader(z, most+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("the file ends early")
	case err != nil:
		return nil, err
	case n > most:
		return nil, fmt.Errorf("holds more than %d bytes", most)
	}
	return out.Bytes(), nil
}

// notTIFFError is of a file that is something else.
type notTIFFError struct{ head []byte }

func (e *notTIFFError) Error() string {
	switch {
	case len(e.head) == 0:
		return "the answer is empty"
	case IsPage(e.head):
		return "the answer is a page of text, not a TIFF image"
	}
	return fmt.Sprintf("the answer begins with %q and is no TIFF image", e.head[:min(len(e.head), 8)])
}

// IsPage says whether an answer is a page for people.
func IsPage(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(body[:min(len(body), 256)]), []byte("<"))
}
