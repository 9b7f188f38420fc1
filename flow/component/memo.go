package component

import "sync"

// Memo keeps what is dear to find out and the same for all graphs of one plan,
// such as the list of a folder's files: the graph of each unit needs it. It is
// safe for concurrent use.
type Memo struct {
	mu   sync.Mutex
	kept map[string]any
}

// Once gives what find has found for a node under a name, and calls it only if
// no graph before has. An error is not kept.
func Once[T any](n *Node, name string, find func() (T, error)) (T, error) {
	if n.Memo == nil {
		return find()
	}
	n.Memo.mu.Lock()
	defer n.Memo.mu.Unlock()
	name = n.Name + "." + name
	if v, known := n.Memo.kept[name].(T); known {
		return v, nil
	}
	v, err := find()
	if err == nil {
		if n.Memo.kept == nil {
			n.Memo.kept = map[string]any{}
		}
		n.Memo.kept[name] = v
	}
	return v, err
}

// Forget lets everything be found out again.
func (m *Memo) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept = nil
}
