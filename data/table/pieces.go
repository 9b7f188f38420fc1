package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unsafe"
)

// pieceBytes is how much of a file is taken at once.
const pieceBytes = 256 << 10

// piece is whole lines of a file, or all that is left of it.
type piece struct {
	line int         // of the file, that the first is
	text []byte      // lines without quotes, which a comma and a line end cut
	csv  *csv.Reader // from the first piece with a quote on
}

// pieces takes a file's text apart. It goes on until a quote, behind which a
// line end may be part of a field.
type pieces struct {
	in   *lines
	size int
	rest []byte // of a line that is not whole yet
	line int
	eof  bool
}

func newPieces(in *lines) *pieces { return &pieces{in: in, size: pieceBytes, line: 1} }

// next is the next piece; io.EOF after the last. Buffer is memory for it.
func (p *pieces) next(buffer []byte) (piece, error) {
	text, err := p.read(buffer)
	if err != nil {
		return piece{}, err
	}
	if len(text) == 0 {
		return piece{}, io.EOF
	}
	if bytes.IndexByte(text, '"') >= 0 {
		p.eof, p.rest = true, nil
		return piece{line: p.line, csv: newCSV(io.MultiReader(bytes.NewReader(text), p.in))}, nil
	}
	end := len(text)
	if !p.eof {
		end = bytes.LastIndexByte(text, '\n') + 1
	}
	p.rest = append(p.rest[:0], text[end:]...)
	out := piece{line: p.line, text: text[:end]}
	p.line += bytes.Count(out.text, []byte{'\n'})
	return out, nil
}

// read is text with a line end in it, or all that is left.
func (p *pieces) read(buffer []byte) ([]byte, error) {
	text := append(buffer[:0], p.rest...)
	p.rest = p.rest[:0]
	for begin := 0; !p.eof; {
		begin = len(text)
		text = append(text, make([]byte, p.size)...)
		n, err := io.ReadFull(p.in, text[begin:])
		text = text[:begin+n]
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			p.eof = true
		case err != nil:
			return nil, err
		}
		if bytes.IndexByte(text[begin:], '\n') >= 0 {
			break
		}
	}
	return text, nil
}

func newCSV(text io.Reader) *csv.Reader {
	in := csv.NewReader(text)
	in.ReuseRecord = true
	in.FieldsPerRecord = -1 // told apart by row, with the line's number
	in.TrimLeadingSpace = true
	return in
}

// record is the next record, and the line that it begins on, as encoding/csv
// would have it: lines of nothing are passed over. It is valid as long as the
// piece. The error after the last is io.EOF.
func (p *piece) record() ([]string, int, error) {
	if p.csv == nil {
		text, line, err := p.next()
		return strings.Split(text, ","), line, err
	}
	record, err := p.csv.Read()
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		parse.Line += p.line - 1
	}
	if err != nil {
		return nil, 0, err
	}
	at, _ := p.csv.FieldPos(0)
	return record, at + p.line - 1, nil
}

// next is record for a piece without quotes: its text, which shares the piece's
// memory.
func (p *piece) next() (string, int, error) {
	for len(p.text) > 0 {
		line := p.text
		end := bytes.IndexByte(line, '\n')
		if end >= 0 {
			line = line[:end]
		}
		p.text = p.text[min(len(line)+1, len(p.text)):]
		p.line++
		if len(line) > 0 {
			return unsafe.String(unsafe.SliceData(line), len(line)), p.line - 1, nil
		}
	}
	return "", 0, io.EOF
}

// trimmed is a field without the blanks around it.
func trimmed(field string) string {
	if n := len(field); n > 0 && plain(field[0]) && plain(field[n-1]) {
		return field
	}
	return strings.TrimSpace(field)
}

// plain says that a byte is no blank, nor part of one.
func plain(c byte) bool { return c > ' ' && c < 0x80 }
