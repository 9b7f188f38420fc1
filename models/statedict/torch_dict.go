package statedict

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// named is an entry of a pickled state dict.
type named struct {
	name string
	view *view
}

// dictKeys are where training programs put the state dict in a larger dict.
var dictKeys = []string{"state_dict", "model_state_dict", "model", "net"}

// stateDict finds the dict of tensors in an unpickled file.
func stateDict(root any) ([]named, error) {
	entries, ok := dictOf(root)
	if !ok {
		return nil, fmt.Errorf("the file holds %T, no dict", root)
	}
	for _, key := range dictKeys {
		for _, e := range entries {
			if inner, isDict := dictOf(e.Value); isDict && e.Key == key {
				entries = inner
				return tensorsOf(entries)
			}
		}
	}
	return tensorsOf(entries)
}

func tensorsOf(entries []types.DictEntry) ([]named, error) {
	var list []named
	var keys []string
	for _, e := range entries {
		name, ok := e.Key.(string)
		if !ok {
			return nil, fmt.Errorf("a state dict with the key %v", e.Key)
		}
		keys = append(keys, name)
		if v, ok := e.Value.(*view); ok {
			list = append(list, named{name, v})
		}
	}
	switch {
	case len(keys) == 0:
		return nil, errors.New("the state dict is empty")
	case len(list) == 0:
		return nil, fmt.Errorf("no state dict among %s", strings.Join(keys[:min(len(keys), 10)], ", "))
	case len(list) < len(keys):
		return nil, fmt.Errorf("%d of the state dict's %d entries are no tensors", len(keys)-len(list), len(keys))
	}
	return list, nil
}

// dictOf gives the entries of a dict of either kind, in order.
func dictOf(v any) ([]types.DictEntry, bool) {
	switch d := v.(type) {
	case *types.Dict:
		return *d, true
	case *types.OrderedDict:
		var list []types.DictEntry
		for e := d.List.Front(); e != nil; e = e.Next() {
			entry := e.Value.(*types.OrderedDictEntry)
			list = append(list, types.DictEntry{Key: entry.Key, Value: entry.Value})
		}
		return list, true
	}
	return nil, false
}
