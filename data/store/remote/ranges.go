package remote

import (
	"fmt"
	"strconv"

	"hpaflow/data/store"
)

// Span asks for bytes of an object, as the header Range: from an offset, so many of
// them or, below zero, all to its end.
func Span(offset, length int64) string {
	span := fmt.Sprintf("bytes=%d-", offset)
	if length >= 0 {
		span += strconv.FormatInt(offset+length-1, 10)
	}
	return span
}

// InRange takes note of which bytes a body has and how large the whole is, by the
// header Content-Range of a server that tells both. After an error it is closed.
func (b *Body) InRange(address, header string) error {
	var last int64
	if _, err := fmt.Sscanf(header, "bytes %d-%d/%d", &b.Offset, &last, &b.Object.Size); err != nil {
		b.Close()
		return &store.Error{URL: address, Cause: fmt.Errorf("the server gives the range %q", header)}
	}
	return nil
}
