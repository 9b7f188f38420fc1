package archive

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

const tarBlock = 512

// IsTar says whether bytes begin a tar: their checksum is that of a header, or
// they hold the mark that all but the oldest have, or they are the zeros that
// end one.
func IsTar(head []byte) bool {
	if len(head) < tarBlock {
		return false
	}
	head = head[:tarBlock]
	return bytes.Equal(head[257:262], []byte("ustar")) || !anySet(head) || checksumFits(head)
}

func anySet(b []byte) bool { return len(bytes.Trim(b, "\x00")) > 0 }

// checksumFits adds a header up as tar does: its own field counts as blanks.
func checksumFits(head []byte) bool {
	const at, end = 148, 156
	want, err := strconv.ParseInt(strings.Trim(string(head[at:end]), " \x00"), 8, 64)
	if err != nil {
		return false
	}
	sum := int64(end-at) * ' '
	for i, c := range head {
		if i < at || i >= end {
			sum += int64(c)
		}
	}
	return sum == want
}

// Tar reads a tar stream, and those that follow it as `cat` joins them. Window
// is how many bytes of contents are kept, the latest, for hard links to refer
// to.
func Tar(ctx context.Context, in *bufio.Reader, window int64, visit Visit) error {
	for {
		watched := &ending{in: in}
		t := &tarStream{in: tar.NewReader(watched), links: linked{room: window}}
		for ctx.Err() == nil {
			more, err := t.next(visit)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if watched.zeros < tarBlock {
			return errors.New("tar stream: it ends without the marks of an end: what wrote it was cut short")
		}
		if another, err := skipPadding(in); err != nil || !another {
			return err
		}
	}
}

// skipPadding passes the zeros behind a tar's end, and says whether another tar
// follows.
func skipPadding(in *bufio.Reader) (another bool, err error) {
	for {
		head, err := in.Peek(tarBlock)
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return false, fmt.Errorf("tar stream: %w", err)
		case anySet(head) && !IsTar(head):
			return false, errors.New("tar stream: what follows its end is no tar")
		case anySet(head):
			return true, nil
		case len(head) < tarBlock:
			return false, nil
		}
		in.Discard(tarBlock)
	}
}

// ending notes how many zeros came last: a tar ends in blocks of them, and one
// that was cut short between two members does not.
type ending struct {
	in    io.Reader
	zeros int
}

func (e *ending) Read(b []byte) (int, error) {
	n, err := e.in.Read(b)
	if rest := len(bytes.TrimRight(b[:n], "\x00")); rest > 0 {
		e.zeros = n - rest
	} else {
		e.zeros += n
	}
	return n, err
}

// tarStream is one tar that is being read.
type tarStream struct {
	in    *tar.Reader
	links linked
}

// next visits a member; false: there is none.
func (t *tarStream) next(visit Visit) (bool, error) {
	h, err := t.in.Next()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("tar stream: %w", err)
	}
	m := Member{Name: h.Name, Size: h.Size}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		m.Read = func() ([]byte, error) { return t.read(h) }
	case tar.TypeLink:
		m = t.links.resolve(h.Name, h.Linkname)
	case tar.TypeDir, tar.TypeXGlobalHeader:
		return true, nil
	default:
		m.Err = fmt.Errorf("is %s, not a file", kindOf(h))
	}
	return true, visit(m)
}

// read gives a member's content, and keeps it for hard links.
func (t *tarStream) read(h *tar.Header) ([]byte, error) {
	b, err := readAll(t.in, h.Size)
	if err != nil {
		return nil, fmt.Errorf("tar stream: %s: %w", h.Name, err)
	}
	t.links.keep(path.Clean(h.Name), b)
	return b, nil
}

func kindOf(h *tar.Header) string {
	switch h.Typeflag {
	case tar.TypeSymlink:
		return fmt.Sprintf("a symbolic link to %s", h.Linkname)
	case tar.TypeChar, tar.TypeBlock:
		return "a device"
	case tar.TypeFifo:
		return "a named pipe"
	}
	return fmt.Sprintf("a tar member of type %q", h.Typeflag)
}

// mostTrusted is how much memory is made on the word of a claimed size; more
// comes as the bytes do.
const mostTrusted = 8 << 20

// readAll reads content of a claimed size, and no more.
func readAll(r io.Reader, size int64) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, min(size, mostTrusted)+1)) // one more, to see the end
	n, err := b.ReadFrom(io.LimitReader(r, size+1))
	switch {
	case err != nil:
		return nil, err
	case n < size:
		return nil, io.ErrUnexpectedEOF
	case n > size:
		return nil, fmt.Errorf("holds more than the %d bytes it claims", size)
	}
	return b.Bytes(), nil
}
