package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// line is a row as a reader of it sees it.
type line struct {
	at     int
	fields [2]string
}

var wanted = Columns{Need: []string{"Id"}, May: []string{"Target"}}

func (l *line) read(f Fields) error {
	*l = line{f.Line, [2]string{strings.Clone(f.Get(0)), strings.Clone(f.Get(1))}}
	if l.fields[0] == "bad" {
		return errors.New("a bad row")
	}
	return nil
}

// whole reads a table by encoding/csv alone.
func whole(text string) (rows []line, fault error) {
	text = strings.TrimPrefix(text, "\xef\xbb\xbf")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	in := newCSV(strings.NewReader(text))
	s := &scanner{name: "t.csv"}
	var faults []error
	begun := false
	for len(faults) < MostFaults {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			faults = append(faults, s.syntax(err))
			break
		}
		at, _ := in.FieldPos(0)
		if !begun {
			begun = true
			if err := s.header(record, at, wanted); err != nil {
				return nil, err
			}
			continue
		}
		var l line
		s.fields.Line = at
		err = fmt.Errorf("%d fields, want at least %d", len(record), len(s.places))
		for len(record) > s.width && strings.TrimSpace(record[len(record)-1]) == "" {
			record = record[:len(record)-1]
		}
		if len(record) > s.width {
			err = fmt.Errorf("%d fields, and the header has %d; one that holds commas stands in quotes", len(record), s.width)
		} else if len(record) >= len(s.places) {
			for j, place := range s.places {
				if place >= 0 {
					s.fields.values[place] = strings.TrimSpace(record[j])
				}
			}
			err = l.read(s.fields)
		}
		if err != nil {
			faults = append(faults, s.at(at, err))
			continue
		}
		rows = append(rows, l)
	}
	if !begun && faults == nil {
		return nil, errors.New("t.csv:1: the table is empty; its header should be Id")
	}
	return rows, errors.Join(faults...)
}

// However a table is cut in pieces, and however many of them are read at once,
// its rows, their lines and its faults are those of encoding/csv.
func FuzzPieces(f *testing.F) {
	for _, text := range []string{
		"Id,Target\na,16 0\nb,7\n", "Id,Target\r\na,16 0\r\rb,7", "\n\nId\n\na\n", "\xef\xbb\xbfId, Target \n a ,\t7\n",
		"Target,Id\n\"1\n2\",a\n3,b\n", "Id,Target\na,1\nb,\"2\"\"\"\nc,x\"y\nd,4\n", "\"Id\",Target\na,1\n", "Id\n" + strings.Repeat("bad\nok\n", 12),
		"", "\n\n", "Id,Id\n", "a,b\n", "Id,Target\na\n,\n,,\n \n", "Target,Id,x\n1,a,2,\n3,b,4,5\n6,\"c\",7,8, ,\n", "\"I\nd\"\n", "Id,Target\na,\"1\n", "\r\nId\nx\r\n\r\ny\n",
	} {
		for _, size := range []byte{1, 3, 7, 64} {
			f.Add(text, size)
		}
	}
	f.Fuzz(func(t *testing.T, text string, size byte) {
		if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
			t.Skip("UTF-16 is refused, which encoding/csv does not")
		}
		want, wantErr := whole(text)
		cut := func() *pieces {
			return &pieces{in: newLines(strings.NewReader(text), 0, 0), size: 1 + int(size), line: 1}
		}

		var got []line
		err := (&scanner{name: "t.csv"}).all(cut(), wanted, func(f Fields) error {
			var l line
			err := l.read(f)
			if err == nil {
				got = append(got, l)
			}
			return err
		})
		same(t, "row by row", got, want, err, wantErr)

		got = nil
		err = scanParts(&scanner{name: "t.csv"}, cut(), wanted, func(part *[]line, f Fields) error {
			var l line
			err := l.read(f)
			if err == nil {
				*part = append(*part, l)
			}
			return err
		}, func(part *[]line, _ func(int, error)) { got = append(got, *part...) })
		same(t, "in parts", got, want, err, wantErr)
	})
}

// same compares faults, and rows where there is no fault: behind the tenth,
// more of them may have been read.
func same(t *testing.T, how string, got, want []line, err, wantErr error) {
	t.Helper()
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Errorf("%s:\n%v, want\n%v", how, err, wantErr)
	}
	if wantErr == nil && !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", how, got, want)
	}
}

// A record may be longer than a piece, and pieces keep within a table's bounds.
func TestPiecesOfLongLines(t *testing.T) {
	long := strings.Repeat("x", 3*pieceBytes)
	p := newPieces(newLines(strings.NewReader("Id\n"+long+"\n"+long), 0, 0))
	var ids int
	err := (&scanner{name: "t.csv"}).all(p, Columns{Need: []string{"Id"}}, func(f Fields) error {
		if f.Get(0) != long {
			t.Errorf("line %d has %d bytes", f.Line, len(f.Get(0)))
		}
		ids++
		return nil
	})
	if err != nil || ids != 2 {
		t.Errorf("%d rows, %v", ids, err)
	}
	p = newPieces(newLines(strings.NewReader("Id\n"+strings.Repeat("x", longestLine+1)), 0, 0))
	if err := (&scanner{name: "t.csv"}).all(p, wanted, func(Fields) error { return nil }); err == nil || !strings.Contains(err.Error(), "t.csv:2: the line is longer") {
		t.Errorf("a line without end: %v", err)
	}
}

// A panic in a part is the caller's, who says which step it was.
func TestPartsPanicInTheirCaller(t *testing.T) {
	defer func() {
		if got := recover(); got != "by the row" {
			t.Errorf("recovered %v", got)
		}
	}()
	p := newPieces(newLines(bytes.NewReader([]byte("Id\na\n")), 0, 0))
	scanParts(&scanner{name: "t.csv"}, p, wanted, func(*int, Fields) error { panic("by the row") }, func(*int, func(int, error)) {})
}
