package predictions

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"hpaflow/data/atomicfile"
)

const compressed = ".zst"

// Write writes a table, atomically.
func Write(path string, t *Table) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		if !strings.HasSuffix(path, compressed) {
			return Encode(w, t)
		}
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		if err := Encode(z, t); err != nil {
			return err
		}
		return z.Close()
	})
}

// Encode writes a table's bytes, uncompressed.
func Encode(w io.Writer, t *Table) error {
	buffer := bufio.NewWriter(w)
	buffer.WriteString(strings.Join(header(t.Classes, t.Labeled), ",") + "\n")
	var line []byte
	for _, r := range t.Rows {
		if len(r.P) != t.Classes || r.Labeled != t.Labeled {
			return fmt.Errorf("predictions: %s has %d probabilities, labelled %v; the table has %d, labelled %v",
				r.ID, len(r.P), r.Labeled, t.Classes, t.Labeled)
		}
		line = appendQuoted(line[:0], r.ID)
		for n := range t.Classes {
			if t.Labeled {
				line = append(line, ',', '0'+byte(r.Labels>>n&1))
			}
		}
		for _, p := range r.P {
			line = strconv.AppendFloat(append(line, ','), p, 'f', decimals, 64)
		}
		buffer.Write(append(line, '\n'))
	}
	return buffer.Flush()
}

const decimals = 4

func header(classes int, labelled bool) []string {
	names := []string{"Id"}
	if labelled {
		names = append(names, columns("L", classes)...)
	}
	return append(names, columns("P", classes)...)
}

// columns are P00, P01 and so on.
func columns(letter string, classes int) []string {
	names := make([]string, classes)
	for n := range names {
		names[n] = fmt.Sprintf("%s%02d", letter, n)
	}
	return slices.Clip(names)
}

// appendQuoted writes an Id as CSV does.
func appendQuoted(line []byte, id string) []byte {
	if !strings.ContainsAny(id, "\",\r\n") {
		return append(line, id...)
	}
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	c.Write([]string{id})
	c.Flush()
	return append(line, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}
