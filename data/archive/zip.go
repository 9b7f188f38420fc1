package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// IsZip says whether bytes begin a zip file.
func IsZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// Zip reads the members of a zip file, in the order of its directory.
func Zip(ctx context.Context, in io.ReaderAt, size int64, visit Visit) error {
	z, err := zip.NewReader(in, size)
	if err != nil {
		return fmt.Errorf("zip file: %w", err)
	}
	for method, open := range zipMethods {
		z.RegisterDecompressor(method, func(r io.Reader) io.ReadCloser { return opened(r, open) })
	}
	for _, f := range z.File {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if f.FileInfo().IsDir() {
			continue
		}
		if err := visit(zipMember(f)); err != nil {
			return err
		}
	}
	return nil
}

// unixHost is the system that a member was packed on, by APPNOTE.TXT, 4.4.2.
const unixHost = 3

func zipMember(f *zip.File) Member {
	const encrypted = 1 // of the flags
	m := Member{Name: f.Name, Size: int64(f.UncompressedSize64)}
	if host := f.CreatorVersion >> 8; host != unixHost { // some programs on Windows write its own separator
		m.Name = strings.ReplaceAll(m.Name, `\`, "/")
	}
	switch mode := f.Mode(); {
	case mode&fs.ModeType != 0:
		m.Err = fmt.Errorf("is a link or a device (%v), not a file", mode)
	case f.Flags&encrypted != 0:
		m.Err = errEncrypted
	case f.Method != zip.Store && f.Method != zip.Deflate && zipMethods[f.Method] == nil:
		m.Err = fmt.Errorf("is compressed by method %d%s, which is not read; deflate, bzip2, zstd and xz are", f.Method, otherMethods[f.Method])
	case m.Size < 0:
		m.Err = fmt.Errorf("claims to hold %d bytes", f.UncompressedSize64)
	default:
		m.Read = func() ([]byte, error) {
			b, err := readZipped(f)
			if err != nil {
				return nil, &MemberError{err}
			}
			return b, nil
		}
	}
	return m
}

// zipMethods are those beside deflate, by their numbers in PKWARE's APPNOTE.TXT,
// 4.4.5, and otherMethods those that are known and not read.
var (
	zipMethods   = map[uint16]func(io.Reader) (io.Reader, error){12: methodOf("bzip2"), 93: methodOf("zstd"), 95: methodOf("xz")}
	otherMethods = map[uint16]string{9: " (deflate64)", 14: " (lzma)", 98: " (ppmd)", 99: " (AES encryption)"}
)

// methodOf is what opens a compression of streams.
func methodOf(name string) func(io.Reader) (io.Reader, error) {
	i := slices.IndexFunc(compressions, func(c compression) bool { return c.name == name })
	return compressions[i].open
}

// opened is a decoder, whose failure to begin is that of the first read.
func opened(r io.Reader, open func(io.Reader) (io.Reader, error)) io.ReadCloser {
	in, err := open(r)
	if err != nil {
		return io.NopCloser(failing{err})
	}
	return decoding{named{in, "member"}}
}

// failing is a stream that cannot be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// decoding is a decoder that is closed.
type decoding struct{ named }

func (d decoding) Close() error {
	d.close()
	return nil
}

func readZipped(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readAll(r, int64(f.UncompressedSize64))
}

// mostSpooled is how much of a stream is put on disk to be read as a zip file.
const mostSpooled = 64 << 30

// SpoolZip is Zip for a stream: since the directory of a zip file stands at its
// end, the stream is put into a temporary file, which has no name.
func SpoolZip(ctx context.Context, in io.Reader, visit Visit) error {
	f, err := os.CreateTemp("", "hpaflow-*.zip")
	if err != nil {
		return fmt.Errorf("zip file: %w", err)
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return fmt.Errorf("zip file: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(in, mostSpooled+1))
	switch {
	case err != nil:
		return fmt.Errorf("zip file: %w", err)
	case n > mostSpooled:
		return fmt.Errorf("zip file: more than %d GiB in a stream; give the file's name as the input", mostSpooled>>30)
	}
	return Zip(ctx, f, n, visit)
}
