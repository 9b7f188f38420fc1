package statedict

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Load reads a state dict from a file: safetensors, or a .pth file of either
// of PyTorch's formats, recognised by how it begins. A .pth file may hold the
// state dict itself or a dict that has it under "state_dict". Counters are
// left out and the prefix "module." cut off names.
func Load(path string) (tensors []Tensor, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		tensors, err = load(f, info.Size())
	}
	if err != nil {
		return nil, fmt.Errorf("weights: %s: %w", path, err)
	}
	return tensors, nil
}

func load(f io.ReaderAt, size int64) (tensors []Tensor, err error) {
	var magic [4]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil {
		return nil, fmt.Errorf("too short for weights: %w", whole(err))
	}
	switch {
	case string(magic[:]) == "PK\x03\x04":
		tensors, err = readZip(f, size)
	case magic[0] == opProto && magic[1] <= maxProtocol:
		tensors, err = readLegacy(f, size)
	default:
		tensors, _, err = Read(io.NewSectionReader(f, 0, size), size)
		if err != nil {
			err = fmt.Errorf("read as safetensors: %w", err)
		}
	}
	if err != nil {
		return nil, err
	}
	return tidy(tensors)
}

// whole turns the end of a file into what it means here.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
