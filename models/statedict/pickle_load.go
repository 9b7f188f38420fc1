package statedict

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"
)

// unpickle reads the pickle that text begins with and says how long it is.
// persistent resolves references to storages; nil refuses them.
func unpickle(text []byte, persistent func(*types.Tuple) (any, error)) (value any, length int, err error) {
	defer func() { // the unpickler is not written for hostile input
		if r := recover(); r != nil {
			err = fmt.Errorf("pickle: %v", r)
		}
	}()
	if length, err = scanPickle(text[:min(len(text), maxPickle)]); err != nil {
		if errors.Is(err, errPickleEnds) && len(text) > maxPickle {
			err = fmt.Errorf("pickle is longer than %d bytes", maxPickle)
		}
		return nil, 0, err
	}
	u := pickle.NewUnpickler(bytes.NewReader(text[:length]))
	u.FindClass = findGlobal
	if persistent != nil {
		u.PersistentLoad = func(id any) (any, error) {
			tuple, ok := id.(*types.Tuple)
			if !ok {
				return nil, fmt.Errorf("persistent id is %T", id)
			}
			return persistent(tuple)
		}
	}
	if value, err = u.Load(); err != nil {
		return nil, 0, fmt.Errorf("pickle: %w", err)
	}
	return value, length, nil
}

// storageClass is a class of module torch that stands for a type of value.
type storageClass struct {
	name string
	dtype
}

// findGlobal is what a name in a pickle stands for. All that a state dict
// needs is here; what people keep beside one is passed over, and anything else
// refused.
func findGlobal(module, name string) (any, error) {
	if d, known := torchTypes[name]; known && module == "torch" {
		return storageClass{name, d}, nil
	}
	switch module + "." + name {
	case "collections.OrderedDict":
		return &types.OrderedDictClass{}, nil
	case "collections.defaultdict":
		return defaultDict{}, nil
	case "torch._utils._rebuild_tensor_v2":
		return rebuildTensor{}, nil
	case "torch._utils._rebuild_parameter":
		return rebuildParameter{}, nil
	case "torch.Size":
		return rebuildSize{}, nil
	}
	if beside(module, name) {
		return passedClass{module + "." + name}, nil
	}
	return nil, fmt.Errorf("pickle names %s.%s, which has no place in a state dict; save the weights alone: torch.save(model.state_dict(), FILE)", module, name)
}

// view is a tensor as a pickle describes it: a window on a storage. Sizes and
// strides are in values.
type view struct {
	storage *storage
	offset  int
	shape   []int
	stride  []int
}

// rebuildTensor reads the arguments of torch._utils._rebuild_tensor_v2:
// storage, offset, size, stride, and two that say nothing about values.
type rebuildTensor struct{}

func (rebuildTensor) Call(args ...any) (any, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("a tensor of %d arguments", len(args))
	}
	s, ok := args[0].(*storage)
	offset, whole := args[1].(int)
	if !ok || !whole {
		return nil, fmt.Errorf("a tensor of %T and %T", args[0], args[1])
	}
	shape, err := integers(args[2])
	if err != nil {
		return nil, fmt.Errorf("size: %w", err)
	}
	stride, err := integers(args[3])
	if err != nil {
		return nil, fmt.Errorf("stride: %w", err)
	}
	return &view{s, offset, shape, stride}, nil
}

// rebuildParameter reads those of torch._utils._rebuild_parameter: the tensor,
// and two that say nothing about values.
type rebuildParameter struct{}

func (rebuildParameter) Call(args ...any) (any, error) {
	if len(args) < 1 {
		return nil, errors.New("a parameter of no tensor")
	}
	v, ok := args[0].(*view)
	if !ok {
		return nil, fmt.Errorf("a parameter of %T", args[0])
	}
	return v, nil
}

// rebuildSize reads torch.Size, a tuple by another name.
type rebuildSize struct{}

func (rebuildSize) Call(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("a size of %d arguments", len(args))
	}
	return args[0], nil
}

// integers are the values of a tuple of small natural numbers.
func integers(v any) ([]int, error) {
	t, ok := v.(*types.Tuple)
	if !ok {
		return nil, fmt.Errorf("%T where a tuple is due", v)
	}
	list := make([]int, t.Len())
	for i := range list {
		if list[i], ok = t.Get(i).(int); !ok || list[i] < 0 {
			return nil, fmt.Errorf("%v in a size", t.Get(i))
		}
	}
	return list, nil
}
