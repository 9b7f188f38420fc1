package omezarr

import (
	"slices"
	"sync"

	"hpaflow/data"
)

// notes are what a run is told at its end.
type notes struct {
	mu      sync.Mutex
	ordered []string // keys of images whose channels have no names
	multi   []string // of images of several multiscales
	empty   []string // of samples of which a channel has no chunk at all
}

// mostNoted bounds each list.
const mostNoted = 1 << 16

func (n *notes) add(list *[]string, key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(*list) < mostNoted && !slices.Contains((*list)[max(0, len(*list)-8):], key) {
		*list = append(*list, key)
	}
}

func (n *notes) inOrder(key string) { n.add(&n.ordered, key) }
func (n *notes) several(key string) { n.add(&n.multi, key) }
func (n *notes) absent(key string)  { n.add(&n.empty, key) }

// Tell says at the end of a run what was found.
func (n *notes) Tell(note func(string)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, of := range []struct {
		keys []string
		text string
	}{
		{n.ordered, "channels have no names, and are taken in their order, in "},
		{n.multi, "of several multiscales the first is read, in "},
		{n.empty, "a channel has no chunk at all, and is of the fill value, in "},
	} {
		if of.keys != nil {
			slices.Sort(of.keys)
			note(of.text + data.Enumerate(slices.Compact(of.keys)))
		}
	}
}
