package predict

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
)

// csvFile is a CSV file that is being written.
type csvFile struct {
	path  string
	seal  func(folder string) error
	file  *atomicfile.File
	z     *zstd.Encoder // into file; nil: it is not compressed
	line  []byte
	begun bool // the header is written
}

func createCSV(path string, format Format, o Options) (*csvFile, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is there, and is a folder", path)
	}
	file, err := atomicfile.Create(atomicfile.OS, path)
	if err != nil {
		return nil, err
	}
	c := &csvFile{path: path, seal: o.Seal, file: file}
	if format == Compressed {
		if c.z, err = zstd.NewWriter(file, zstd.WithEncoderConcurrency(1)); err != nil {
			return nil, errors.Join(err, file.Abort())
		}
	}
	return c, nil
}

func (c *csvFile) has(string) bool { return false }
func (c *csvFile) left() int       { return 0 }

// add writes a row's line, and the header before the first.
func (c *csvFile) add(p *data.Prediction) error {
	c.line = c.line[:0]
	if !c.begun {
		c.line = append(c.line, strings.Join(header(len(p.P), p.Labeled), ",")+"\n"...)
		c.begun = true
	}
	c.line = appendRow(c.line, p)
	var w io.Writer = c.file
	if c.z != nil {
		w = c.z
	}
	_, err := w.Write(c.line)
	return err
}

func (c *csvFile) commit() error {
	if c.z != nil {
		if err := c.z.Close(); err != nil {
			return errors.Join(err, c.file.Abort())
		}
	}
	if c.seal != nil {
		if err := c.seal(""); err != nil {
			return errors.Join(err, c.file.Abort())
		}
	}
	return c.file.Commit()
}

func (c *csvFile) abort() error { return c.file.Abort() }

const decimals = 4

func appendRow(line []byte, p *data.Prediction) []byte {
	line = appendQuoted(line, p.ID)
	if p.Labeled {
		for n := range p.P {
			line = append(line, ',', '0'+byte(p.Labels>>n&1))
		}
	}
	for _, v := range p.P {
		line = strconv.AppendFloat(append(line, ','), v, 'f', decimals, 64)
	}
	return append(line, '\n')
}

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
