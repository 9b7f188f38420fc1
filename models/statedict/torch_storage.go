package statedict

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nlpodyssey/gopickle/types"
)

// storage is the memory that tensors of a .pth file are windows on.
type storage struct {
	key    string
	dtype  dtype
	values int

	bytes func() ([]byte, error) // finds them in the file
	data  []float32              // once they are read
}

// storages are the storages of a file by key.
type storages map[string]*storage

// persistent resolves the reference ("storage", class, key, device, values).
func (all storages) persistent(id *types.Tuple) (*storage, error) {
	if id.Len() < 5 {
		return nil, fmt.Errorf("a storage of %d fields", id.Len())
	}
	kind, _ := id.Get(0).(string)
	class, isClass := id.Get(1).(storageClass)
	key, isKey := id.Get(2).(string)
	values, isCount := id.Get(4).(int)
	if kind != "storage" || !isClass || !isKey || !isCount || values < 0 || values > math.MaxInt/8 {
		return nil, fmt.Errorf("reference %v is no storage", *id)
	}
	if s := all[key]; s != nil {
		if s.values != values || s.dtype.size != class.size {
			return nil, fmt.Errorf("storage %s is described in two ways", key)
		}
		return s, nil
	}
	s := &storage{key: key, dtype: class.dtype, values: values}
	all[key] = s
	return s, nil
}

// read gives a storage's values, the same memory each time.
func (s *storage) read() ([]float32, error) {
	if s.data != nil || s.values == 0 {
		return s.data, nil
	}
	if s.bytes == nil {
		return nil, errors.New("the file holds no values for it")
	}
	raw, err := s.bytes()
	if err != nil {
		return nil, err
	}
	if len(raw) != s.values*s.dtype.size {
		return nil, fmt.Errorf("%d bytes for %d values of %d", len(raw), s.values, s.dtype.size)
	}
	s.data = make([]float32, s.values)
	s.dtype.decode(s.data, raw)
	return s.data, nil
}

// check holds a view against its storage: every index must be inside, and it
// may not be larger than the storage, as a view that repeats values is.
func (v *view) check() (size int, err error) {
	if len(v.shape) != len(v.stride) || v.offset < 0 || v.offset > v.storage.values {
		return 0, fmt.Errorf("shape %v with strides %v from %d", v.shape, v.stride, v.offset)
	}
	size, last := 1, v.offset
	for i, d := range v.shape {
		if d == 0 {
			return 0, nil
		}
		if size > v.storage.values/d {
			return 0, fmt.Errorf("shape %v of a storage of %d values", v.shape, v.storage.values)
		}
		size *= d
		if d > 1 && v.stride[i] > v.storage.values/(d-1) {
			last = v.storage.values
		} else {
			last += (d - 1) * v.stride[i]
		}
		if last >= v.storage.values {
			return 0, fmt.Errorf("shape %v with strides %v from %d leaves its storage of %d values", v.shape, v.stride, v.offset, v.storage.values)
		}
	}
	if last >= v.storage.values {
		return 0, fmt.Errorf("value %d of a storage of %d", last, v.storage.values)
	}
	return size, nil
}

// values gives a checked view's values, so many, in C order. A view of
// neighbours shares the storage's memory.
func (v *view) values(size int) ([]float32, error) {
	if size == 0 {
		return nil, nil
	}
	data, err := v.storage.read()
	if err != nil {
		return nil, err
	}
	if v.dense() {
		return data[v.offset : v.offset+size : v.offset+size], nil
	}
	out := make([]float32, 0, size)
	index := make([]int, len(v.shape))
	at := v.offset
	for {
		out = append(out, data[at])
		d := len(index) - 1
		for ; d >= 0; d-- {
			index[d]++
			at += v.stride[d]
			if index[d] < v.shape[d] {
				break
			}
			at -= index[d] * v.stride[d]
			index[d] = 0
		}
		if d < 0 {
			return out, nil
		}
	}
}

// dense says whether values lie in C order without gaps.
func (v *view) dense() bool {
	step := 1
	for i := len(v.shape) - 1; i >= 0; i-- {
		if v.shape[i] != 1 && v.stride[i] != step {
			return false
		}
		step *= v.shape[i]
	}
	return true
}

// copiedShare is how many values strided views may copy out, as a multiple of
// what the storages hold.
const copiedShare = 2

// dicts are the state dicts of an unpickled file of size bytes, their values
// unread.
func dicts(root any, all storages, size int64) ([]Dict, error) {
	found, err := stateDicts(root)
	if err != nil {
		return nil, err
	}
	limit, left := 0, size
	for _, s := range all {
		if int64(s.values) > left/int64(s.dtype.size) {
			return nil, fmt.Errorf("the storages hold more than the file's %d bytes", size)
		}
		left -= int64(s.values * s.dtype.size)
		limit += copiedShare * s.values
	}
	var list []Dict
	for _, p := range found {
		p.tensors = slices.DeleteFunc(p.tensors, func(n named) bool { return n.view.storage.dtype.whole() })
		d := Dict{Where: p.where, read: func() ([]Tensor, error) { return collect(p.tensors, limit) }}
		for _, n := range p.tensors {
			d.Tensors = append(d.Tensors, Tensor{Name: n.name, Shape: slices.Clone(n.view.shape)})
		}
		list = append(list, d)
	}
	return list, nil
}

// collect reads tensors, of which strided ones may copy out so many values.
func collect(list []named, limit int) ([]Tensor, error) {
	tensors := make([]Tensor, 0, len(list))
	for _, n := range list {
		size, err := n.view.check()
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", n.name, err)
		}
		if !n.view.dense() {
			if limit -= size; limit < 0 {
				return nil, fmt.Errorf("tensor %s: the file's strided views hold more than %d times its values", n.name, copiedShare)
			}
		}
		data, err := n.view.values(size)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: storage %s: %w", n.name, n.view.storage.key, err)
		}
		tensors = append(tensors, Tensor{Name: n.name, Shape: slices.Clone(n.view.shape), Data: data})
	}
	return tensors, nil
}
