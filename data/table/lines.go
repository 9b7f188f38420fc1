package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxRows is how many rows a table has at most, where nothing else is said.
const MaxRows = 10_000_000

// Limit is how many rows a table may have; 0 stands for MaxRows.
type Limit int

func (l Limit) rows() int64 {
	if l <= 0 {
		return MaxRows
	}
	return int64(l)
}

const (
	// longestLine keeps a file without line ends from being one field in memory.
	longestLine = 1 << 20

	// What a compressed table may hold in all, since a few bytes of a file can stand
	// for gigabytes: so much for each row that there may be, so many times its
	// size, or this, whichever is most. Rows of many columns are wide, and few of
	// them may be allowed.
	rowBytes  = 128
	mostTimes = 100
	anyText   = 64 << 20
)

// unpacked is how many bytes a compressed table of a size may hold.
func (l Limit) unpacked(size int64) int64 { return max(l.rows()*rowBytes, size*mostTimes, anyText) }

// lines is a table's text with line ends of one sort, without the byte-order
// mark, and within bounds.
type lines struct {
	in    *bufio.Reader
	limit Limit
	bytes int64 // that may still come; negative: any
	begun bool

	longest int // bytes of a line, at most

	line    int64 // that is being read, from 1
	length  int   // of it so far
	carried bool  // the last byte was a CR, which has been passed on as a line end
}

// newLines makes the text of a table; most 0 stands for any number of bytes.
func newLines(in io.Reader, limit Limit, most int64) *lines {
	if most == 0 {
		most = -1
	}
	return &lines{in: bufio.NewReaderSize(in, 1<<16), limit: limit, bytes: most, longest: longestLine, line: 1}
}

func (l *lines) Read(p []byte) (int, error) {
	if !l.begun {
		l.begun = true
		if err := l.begin(); err != nil {
			return 0, err
		}
	}
	for {
		n, err := l.in.Read(p)
		m, fault := l.take(p[:n])
		if fault != nil {
			return 0, fault
		}
		if m > 0 || err != nil {
			return m, err
		}
	}
}

func (l *lines) begin() error {
	head, _ := l.in.Peek(3)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		l.in.Discard(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return &boundError{1, errors.New("the text is UTF-16; save it as UTF-8")}
	}
	return nil
}

// take turns CR and CRLF into LF, in place, and counts. It gives the number of
// bytes that are left.
func (l *lines) take(p []byte) (int, error) {
	if l.bytes >= 0 {
		if l.bytes -= int64(len(p)); l.bytes < 0 {
			return 0, l.tooMany("holds more bytes than %d rows and its size let expect", l.limit.rows())
		}
	}
	if l.plainly(p) {
		return len(p), nil
	}
	to := 0
	for _, c := range p {
		after := l.carried
		l.carried = c == '\r'
		switch {
		case c == '\n' && after:
			continue
		case c == '\r':
			c = '\n'
		}
		p[to] = c
		to++
		if c != '\n' {
			if l.length++; l.length > l.longest {
				return 0, &boundError{l.line, fmt.Errorf("the line is longer than %d bytes: is this a table?", l.longest)}
			}
			continue
		}
		l.length = 0
		if l.line++; l.line > l.limit.rows()+2 { // with the header, and the line after the last
			return 0, l.tooMany("has more than %d rows", l.limit.rows())
		}
	}
	return to, nil
}

// plainly is take for text that can be counted as a whole: it has no CR, and is
// within the bounds. Else it does nothing.
func (l *lines) plainly(p []byte) bool {
	if l.carried || len(p) == 0 || l.length+len(p) > l.longest || bytes.IndexByte(p, '\r') >= 0 {
		return false
	}
	ends := bytes.Count(p, []byte{'\n'})
	if l.line+int64(ends) > l.limit.rows()+2 {
		return false
	}
	l.line += int64(ends)
	if l.length += len(p); ends > 0 {
		l.length = len(p) - 1 - bytes.LastIndexByte(p, '\n')
	}
	return true
}

func (l *lines) tooMany(format string, args ...any) error {
	hint := ""
	if l.limit > 0 { // it has been given
		hint = fmt.Sprintf("; to allow it, write max_rows = %d in the flow's run block", 4*l.limit)
	}
	return &boundError{l.line, fmt.Errorf("the table "+format+"%s", append(args, hint)...)}
}

// boundError is what ends the reading of a table, at a line.
type boundError struct {
	line int64
	err  error
}

func (e *boundError) Error() string { return e.err.Error() }
