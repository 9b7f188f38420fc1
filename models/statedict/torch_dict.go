package statedict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// named is an entry of a pickled state dict.
type named struct {
	name string
	view *view
}

// pickled is a dict of tensors in an unpickled file, and the keys that lead to
// it.
type pickled struct {
	where   string
	tensors []named
}

// nest is a dict that is yet to be looked through.
type nest struct {
	where   string
	entries []types.DictEntry
}

// deepestDict is how many dicts a state dict may lie inside of.
const deepestDict = 6

// stateDicts finds the dicts that hold tensors by name, however deep, the outer
// ones first. Whatever else there is, such as an optimiser's numbered slots, is
// passed over.
func stateDicts(root any) ([]pickled, error) {
	entries, ok := dictOf(root)
	if !ok {
		return nil, fmt.Errorf("the file holds %s, no dict", kindOf(root))
	}
	var found []pickled
	seen := map[any]bool{root: true}
	level := []nest{{"", entries}}
	for depth := 0; depth < deepestDict && len(level) > 0; depth++ {
		var next []nest
		for _, d := range level {
			var tensors []named
			for _, e := range d.entries {
				key, isText := e.Key.(string)
				if !isText {
					continue
				}
				if v, isTensor := e.Value.(*view); isTensor {
					tensors = append(tensors, named{key, v})
				} else if inner, isDict := dictOf(e.Value); isDict && !seen[e.Value] {
					seen[e.Value] = true
					next = append(next, nest{strings.TrimPrefix(d.where+"."+key, "."), inner})
				}
			}
			if tensors != nil {
				found = append(found, pickled{d.where, tensors})
			}
		}
		level = next
	}
	if found == nil {
		return nil, fmt.Errorf("no state dict among %s", strings.Join(keysOf(entries), ", "))
	}
	return found, nil
}

// keysOf are the first keys of a dict, for messages.
func keysOf(entries []types.DictEntry) []string {
	if len(entries) == 0 {
		return []string{"no entries at all"}
	}
	var keys []string
	for _, e := range entries[:min(len(entries), 10)] {
		keys = append(keys, fmt.Sprint(e.Key))
	}
	return slices.Clip(keys)
}

// kindOf names what a pickle holds.
func kindOf(v any) string {
	switch o := v.(type) {
	case passed:
		return "an object of class " + o.class
	case *view:
		return "a tensor"
	}
	return fmt.Sprintf("%T", v)
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
