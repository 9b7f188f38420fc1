package feed

import (
	"bufio"
	"bytes"
	"context"
	"errors"
)

// LongestName is more than any system takes for a path.
const LongestName = 1 << 14

// Names reads names that end in a newline or, as find -print0 writes them,
// in a NUL. A name that is too long for a path is handed on cut short: it is of
// no file, and the names behind it are read.
func Names(ctx context.Context, in *bufio.Reader, visit func(name string) error) error {
	if head, _ := in.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		in.Discard(3)
	} else if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return errors.New("the names are in UTF-16; give them in UTF-8")
	}
	if head, _ := in.Peek(512); isBinary(head) {
		return errors.New("is no list of names, and neither a tar nor a zip file that is read: a tar, as it is or in gzip, bzip2, zstd or xz, and a zip file are")
	}
	var cut nameCutter
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 2*LongestName)
	lines.Split(cut.split)
	for lines.Scan() && ctx.Err() == nil {
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := visit(lines.Text()); err != nil {
			return err
		}
	}
	return lines.Err()
}

// isBinary says whether bytes are surely no names: one in twenty is a control
// character, of which names have hardly one.
func isBinary(head []byte) bool {
	n := 0
	for _, c := range head {
		if c < ' ' && !bytes.ContainsRune([]byte("\x00\t\n\r"), rune(c)) {
			n++
		}
	}
	return n >= 8 && 20*n > len(head)
}

// nameCutter finds the ends of names.
type nameCutter struct {
	within bool // a name that was cut short
}

func (c *nameCutter) split(text []byte, atEOF bool) (int, []byte, error) {
	i := bytes.IndexAny(text, "\x00\n")
	switch {
	case i < 0 && len(text) < LongestName && !atEOF:
		return 0, nil, nil
	case i < 0 && len(text) == 0:
		return 0, nil, nil
	case i < 0 || i >= LongestName: // too long, or the last without an end
		n := min(len(text), LongestName)
		cutShort := n == LongestName
		token := text[:n]
		if c.within {
			token = nil
		}
		c.within = cutShort
		return n, token, nil
	}
	token := bytes.TrimSuffix(text[:i], []byte("\r"))
	if c.within {
		c.within, token = false, nil
	}
	return i + 1, token, nil
}
