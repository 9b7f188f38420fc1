package embed

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/data/half"
)

// WriteCSV writes rows as SubCell's own tool writes result.csv: numbers with the
// fewest digits that mean them.
func WriteCSV(w io.Writer, rows iter.Seq2[*Embedding, error], t DType) error {
	buffer := bufio.NewWriterSize(w, 1<<20)
	out := csv.NewWriter(buffer)
	header := false
	var fields []string
	for e, err := range rows {
		if err != nil {
			return err
		}
		if !header {
			header = true
			if err := out.Write(columns(CSV, len(e.Probabilities), len(e.Features))); err != nil {
				return err
			}
		}
		fields = append(fields[:0], e.ID)
		var names, numbers []string
		for _, c := range e.Top(3) {
			names, numbers = append(names, LocationOf(c, len(e.Probabilities))), append(numbers, strconv.Itoa(c))
		}
		fields = append(fields, names[0], numbers[0], strings.Join(names, ","), strings.Join(numbers, ","))
		for _, p := range e.Probabilities {
			fields = append(fields, number(p))
		}
		for _, v := range e.Features {
			if t == Float16 {
				v = half.Number(half.Bits(v))
			}
			fields = append(fields, number(v))
		}
		if err := out.Write(fields); err != nil {
			return err
		}
	}
	if !header {
		return errNoRow
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return buffer.Flush()
}

// ReadCSV gives the rows of a table that WriteCSV has written.
func ReadCSV(path string) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		in := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
		in.ReuseRecord = true
		header, err := in.Read()
		if err != nil {
			yield(nil, fmt.Errorf("%s: %w", path, err))
			return
		}
		names := slices.Clone(header)
		for line := 2; ; line++ {
			fields, err := in.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			r := &Row{}
			for i, name := range names {
				if err != nil {
					break
				}
				to := &r.Features
				switch {
				case name == "id":
					r.ID = strings.Clone(fields[i])
					continue
				case name == "top_class_name":
					r.Location = strings.Clone(fields[i])
					continue
				case probabilityColumn.MatchString(name):
					to = &r.Probabilities
				case !featureColumn.MatchString(name):
					continue
				}
				var v float64
				v, err = strconv.ParseFloat(fields[i], 32)
				*to = append(*to, float32(v))
			}
			if err != nil {
				yield(nil, fmt.Errorf("%s:%d: %w", path, line, err))
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// JoinCSV writes the rows of tables one behind the other into one. Tables that
// are not there have none.
func JoinCSV(path string, parts []string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		header := false
		for _, part := range parts {
			err := func() error {
				f, err := os.Open(part)
				if errors.Is(err, fs.ErrNotExist) {
					return nil
				}
				if err != nil {
					return err
				}
				defer f.Close()
				in := bufio.NewReaderSize(f, 1<<20)
				first, err := in.ReadString('\n')
				if err != nil {
					return fmt.Errorf("%s: %w", part, err)
				}
				if !header {
					header = true
					if _, err := io.WriteString(w, first); err != nil {
						return err
					}
				}
				_, err = io.Copy(w, in)
				return err
			}()
			if err != nil {
				return err
			}
		}
		if !header {
			return errNoRow
		}
		return nil
	})
}
