package statedict

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"hpaflow/data/regular"
)

// File is a file of weights that has been looked through: safetensors, or a
// .pth file of either of PyTorch's formats, recognised by how it begins.
type File struct {
	Path  string
	Dicts []Dict // at least one

	chosen string // the Where that is wanted; empty: whichever fits
	file   *os.File
}

// Open looks through the file at path. FILE#WHERE wants the state dict that the
// keys WHERE lead to, such as FILE#state_dict_ema.
func Open(path string) (*File, error) {
	path, chosen := SplitPath(path)
	f, info, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	dicts, err := open(f, info.Size())
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("weights: %s: %w", path, err)
	}
	return &File{Path: path, Dicts: dicts, chosen: chosen, file: f}, nil
}

// SplitPath takes FILE#WHERE apart. A file whose own name has the sign is found
// by it.
func SplitPath(path string) (file, where string) {
	if _, err := os.Stat(path); err == nil {
		return path, ""
	}
	file, where, _ = strings.Cut(path, "#")
	return file, where
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Load reads the state dict of a file that a network's names are not known for:
// of several, the one that is wanted, or the first that holds plain weights.
// Counters are left out and the prefix "module." cut off names.
func Load(path string) ([]Tensor, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := f.wanted()
	if err != nil {
		return nil, err
	}
	tensors, err := plainest(list).tidied()
	if err != nil {
		return nil, fmt.Errorf("weights: %s: %w", f.Path, err)
	}
	return tensors, nil
}

// open finds the state dicts of a file of size bytes.
func open(f io.ReaderAt, size int64) ([]Dict, error) {
	var magic [4]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil {
		return nil, fmt.Errorf("too short for weights: %w", whole(err))
	}
	switch {
	case string(magic[:]) == "PK\x03\x04":
		return readZip(f, size)
	case magic[0] == opProto && magic[1] <= maxProtocol:
		return readLegacy(f, size)
	}
	return safetensorsDict(f, size)
}

// counter is the end of the names of batch norm's batch counters, which
// nothing uses.
const counter = "num_batches_tracked"

// tidied reads the tensors without counters, with the prefix "module." that
// training on several GPUs leaves cut off, and makes sure that names differ.
func (d Dict) tidied() ([]Tensor, error) {
	tensors, err := d.read()
	if err != nil {
		return nil, err
	}
	kept := tensors[:0]
	seen := map[string]bool{}
	for _, t := range tensors {
		if strings.HasSuffix(t.Name, counter) {
			continue
		}
		t.Name = strings.TrimPrefix(t.Name, "module.")
		if seen[t.Name] {
			return nil, fmt.Errorf("tensor %s is there twice", t.Name)
		}
		seen[t.Name] = true
		kept = append(kept, t)
	}
	return kept, nil
}

// whole turns the end of a file into what it means here.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
