package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// Members packed by zstd are read, those by what is not read are named, and
// Windows' separators are taken for slashes, but not Unix's backslashes.
func TestMethodsAndNamesOfZip(t *testing.T) {
	const lzma, packedByZstd = 14, 93
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(packedByZstd, func(out io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(out) })
	w.RegisterCompressor(lzma, func(out io.Writer) (io.WriteCloser, error) { return nopCloser{out}, nil })
	for _, h := range []zip.FileHeader{
		{Name: `plate\a`, Method: packedByZstd},
		{Name: `plate\b`, Method: zip.Store, CreatorVersion: unixHost << 8},
		{Name: "c", Method: lzma},
	} {
		m, err := w.CreateHeader(&h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(m, "text")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := Zip(context.Background(), bytes.NewReader(b.Bytes()), int64(b.Len()), func(m Member) error {
		if m.Err != nil {
			got = append(got, m.Name+": "+m.Err.Error())
			return nil
		}
		text, err := m.Read()
		got = append(got, m.Name+" "+string(text))
		return err
	})
	want := []string{"plate/a text", `plate\b text`, "c: is compressed by method 14 (lzma), which is not read; deflate, bzip2, zstd and xz are"}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
