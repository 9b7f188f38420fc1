package download

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrPage is that of a server that answers with a page for people.
var ErrPage = errors.New("the answer is a page of text, not a JPEG image")

// WholeJPEG says why a body is no JPEG image from its first byte to its last.
// Whether it decodes is for the decoder to find out, but a body that was cut
// off, or is another thing, may be whole at the next try.
func WholeJPEG(body []byte) error {
	switch {
	case len(body) == 0:
		return errors.New("the answer is empty")
	case !bytes.HasPrefix(body, []byte("\xff\xd8\xff")):
		if head := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 256)])); bytes.HasPrefix(head, []byte("<")) {
			return ErrPage
		}
		return fmt.Errorf("the answer begins with %q and is no JPEG image", body[:min(len(body), 8)])
	}
	// Within pixels an FF is always followed by 00 or a restart mark, so the
	// last end mark follows the last begin of pixels in a whole image only.
	begin, end := bytes.LastIndex(body, []byte("\xff\xda")), bytes.LastIndex(body, []byte("\xff\xd9"))
	if begin < 0 || end < begin {
		return errors.New("the JPEG image breaks off before its end")
	}
	return nil
}
