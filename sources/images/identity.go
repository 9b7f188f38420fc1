package images

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"hpaflow/data"
	"hpaflow/data/regular"
	"hpaflow/data/table"
)

// tailBytes are enough for the end of a PNG's last piece of pixels, which is
// the Adler-32 of all of them (RFC 1950), the checksum of that piece, and IEND.
const tailBytes = 64

// markPNG tells a PNG's content from another's by its size and its last bytes.
// These hold a checksum of all pixels, so that a set of images is known without
// reading it whole.
func markPNG(path string) ([]byte, error) {
	f, info, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tail := make([]byte, min(info.Size(), tailBytes))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return append(binary.BigEndian.AppendUint64(nil, uint64(info.Size())), tail...), nil
}

// readers is how many images are looked at at once: most of the time goes into
// waiting for a disk or a server.
const readers = 16

// identity says which images the folders have of some Ids, whichever folder
// they are in.
func (all imageFolders) identity(ids []string) (string, error) {
	if lacking := all.lacking(ids); len(lacking) > 0 {
		return "", fmt.Errorf("%d have no image in %s: %s", len(lacking), all, data.Enumerate(lacking))
	}
	marks := make([][]byte, len(ids))
	var group errgroup.Group
	group.SetLimit(readers)
	for i, id := range ids {
		group.Go(func() error {
			f, err := all.of(id)
			if err == nil {
				marks[i], err = f.mark(id)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return "", err
	}
	digest := sha256.New()
	for i, id := range ids {
		fmt.Fprintf(digest, "%s %d %x\n", id, len(marks[i]), marks[i])
	}
	return described(len(ids), "images", digest.Sum(nil)), nil
}

// rowsIdentity says which rows a table has, in their order.
func rowsIdentity(rows []table.Row) string {
	digest := sha256.New()
	for _, r := range rows {
		fmt.Fprintf(digest, "%s %v %d %s\n", r.ID, r.Labeled, r.Labels, r.Split)
	}
	return described(len(rows), "rows", digest.Sum(nil))
}

// described is an identity as messages show it: how many there are, and as much
// of their digest as tells them apart.
func described(count int, what string, digest []byte) string {
	return fmt.Sprintf("%d %s of digest %x", count, what, digest[:8])
}
