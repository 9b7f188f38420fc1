package statedict

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// readZip reads what torch.save has written since PyTorch 1.6: a zip archive
// of PREFIX/data.pkl and, for each storage, PREFIX/data/KEY, all uncompressed.
func readZip(f io.ReaderAt, size int64) ([]Dict, error) {
	archive, err := zip.NewReader(f, size)
	if err != nil {
		return nil, fmt.Errorf("zip: %w", err)
	}
	files := map[string]*zip.File{}
	for _, entry := range archive.File {
		_, name, _ := strings.Cut(entry.Name, "/")
		if files[name] != nil {
			return nil, fmt.Errorf("zip: %s is there twice", entry.Name)
		}
		files[name] = entry
	}
	if files["data.pkl"] == nil {
		return nil, errors.New("zip: no data.pkl: not written by torch.save")
	}
	if order := files["byteorder"]; order != nil {
		if text, err := readEntry(order, 16); err != nil || string(text) != "little" {
			return nil, fmt.Errorf("zip: byte order %q, want little: %w", text, err)
		}
	}
	text, err := readEntry(files["data.pkl"], maxPickle)
	if err != nil {
		return nil, err
	}
	all := storages{}
	root, _, err := unpickle(text, func(id *types.Tuple) (any, error) {
		s, err := all.persistent(id)
		if err == nil && s.bytes == nil {
			if entry := files["data/"+s.key]; entry != nil {
				s.bytes = func() ([]byte, error) { return readEntry(entry, size) }
			}
		}
		return s, err
	})
	if err != nil {
		return nil, err
	}
	return dicts(root, all, size)
}

// readEntry reads a member of at most so many bytes, and checks its CRC.
func readEntry(entry *zip.File, most int64) ([]byte, error) {
	if entry.Method != zip.Store {
		return nil, fmt.Errorf("zip: %s is compressed, which torch.save never does", entry.Name)
	}
	if entry.UncompressedSize64 > uint64(most) || entry.UncompressedSize64 != entry.CompressedSize64 {
		return nil, fmt.Errorf("zip: %s claims %d bytes", entry.Name, entry.UncompressedSize64)
	}
	r, err := entry.Open()
	if err != nil {
		return nil, fmt.Errorf("zip: %s: %w", entry.Name, err)
	}
	defer r.Close()
	text := make([]byte, entry.UncompressedSize64)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, fmt.Errorf("zip: %s: %w", entry.Name, whole(err))
	}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.EOF) { // the CRC is checked at the end
		return nil, fmt.Errorf("zip: %s: %w", entry.Name, err)
	}
	return text, nil
}
