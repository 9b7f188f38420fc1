package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
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

func zipMember(f *zip.File) Member {
	const encrypted = 1 // of the flags
	m := Member{Name: f.Name, Size: int64(f.UncompressedSize64)}
	switch mode := f.Mode(); {
	case mode&fs.ModeType != 0:
		m.Err = fmt.Errorf("is a link or a device (%v), not a file", mode)
	case f.Flags&encrypted != 0:
		m.Err = errEncrypted
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
