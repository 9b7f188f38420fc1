package statedict

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/nlpodyssey/gopickle/types"
)

// legacyMagic and legacyVersion begin a file of PyTorch before 1.6.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

const legacyVersion = 1001

// readLegacy reads what torch.save wrote before PyTorch 1.6: the pickles of a
// magic number, a version, the writer's system, the object, and a list of
// storage keys; then for each key the number of values in 8 bytes, and these.
func readLegacy(f io.ReaderAt, size int64) ([]Dict, error) {
	in := legacyFile{f: f, size: size}
	if magic, err := in.pickle(nil); err != nil {
		return nil, err
	} else if n, ok := magic.(*big.Int); !ok || n.Cmp(legacyMagic) != 0 {
		return nil, errors.New("a pickle, but not written by torch.save")
	}
	if version, err := in.pickle(nil); err != nil {
		return nil, err
	} else if version != legacyVersion {
		return nil, fmt.Errorf("torch.save's format %v, want %d", version, legacyVersion)
	}
	if _, err := in.pickle(nil); err != nil {
		return nil, err
	}
	all := storages{}
	root, err := in.pickle(func(id *types.Tuple) (any, error) {
		if id.Len() > 5 && id.Get(5) != nil {
			return nil, errors.New("a storage that is part of another, as PyTorch wrote before 0.4")
		}
		return all.persistent(id)
	})
	if err != nil {
		return nil, err
	}
	keys, err := in.pickle(nil)
	if err != nil {
		return nil, err
	}
	list, ok := keys.(*types.List)
	if !ok {
		return nil, fmt.Errorf("storage keys are %T", keys)
	}
	for _, key := range *list {
		name, _ := key.(string)
		s := all[name]
		if s == nil || s.bytes != nil {
			return nil, fmt.Errorf("values of storage %v, which is unknown or came before", key)
		}
		if err := in.storage(s); err != nil {
			return nil, fmt.Errorf("storage %s: %w", name, err)
		}
	}
	if in.at != size {
		return nil, fmt.Errorf("%d bytes after the last storage", size-in.at)
	}
	return dicts(root, all, size)
}

// legacyFile is a file and how far it has been read.
type legacyFile struct {
	f        io.ReaderAt
	at, size int64
}

// pickle reads the next pickle.
func (in *legacyFile) pickle(persistent func(*types.Tuple) (any, error)) (any, error) {
	text := make([]byte, min(in.size-in.at, maxPickle+1))
	if _, err := in.f.ReadAt(text, in.at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	value, n, err := unpickle(text, persistent)
	in.at += int64(n)
	return value, err
}

// storage passes over the next storage, noting where its values are.
func (in *legacyFile) storage(s *storage) error {
	var count [8]byte
	if _, err := in.f.ReadAt(count[:], in.at); err != nil {
		return whole(err)
	}
	if n := binary.LittleEndian.Uint64(count[:]); n != uint64(s.values) {
		return fmt.Errorf("%d values, where %d were announced", n, s.values)
	}
	from, bytes := in.at+8, int64(s.values)*int64(s.dtype.size)
	if bytes > in.size-from {
		return fmt.Errorf("%d bytes of values, of which the file holds %d", bytes, in.size-from)
	}
	in.at = from + bytes
	s.bytes = func() ([]byte, error) {
		raw := make([]byte, bytes)
		_, err := in.f.ReadAt(raw, from)
		return raw, whole(err)
	}
	return nil
}
