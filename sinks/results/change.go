package results

import (
	"fmt"
	"strings"
	"sync"

	"hpaflow/data"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// MadeOf is the recipe of what a sink makes: the settings of the nodes it reads
// from and its own, and the contents of the files that these read as a whole.
// Samples are no part of it.
func MadeOf(n *component.Node) (*provenance.Made, error) {
	r := n.Recipe()
	return provenance.New(r.Values, r.Files)
}

// Change is what a sink does about results that are not up to date, and says
// about them. It is safe for concurrent use.
type Change struct {
	graph *flow.Graph
	stage string
	what  string // the results, for people

	mu      sync.Mutex
	recipe  []string // differences
	samples []string // keys whose files are others
	damaged []string // keys whose results are not whole
	unknown int      // results without a record
}

// NewChange is for the sink of a node, whose results are called what.
func NewChange(n *component.Node, what string) *Change {
	return &Change{graph: n.Graph, stage: n.Name, what: what}
}

func (c *Change) policy() flow.ChangePolicy { return c.graph.Options().Changed.Or(flow.ChangedRedo) }

// Keeps says that results stay, whatever has changed.
func (c *Change) Keeps() bool { return c.policy() == flow.ChangedKeep }

// Recipe takes note of a recipe that differs, and refuses it if the run does.
func (c *Change) Recipe(differences []string) error {
	if len(differences) == 0 {
		return nil
	}
	if c.policy() == flow.ChangedRefuse {
		return c.refusal(strings.Join(differences, "; "))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recipe = differences
	return nil
}

// Sample takes note of a sample whose files are others than its result was made
// from, and refuses it if the run does. Redo says whether it is to be done again.
func (c *Change) Sample(key string) (redo bool, err error) {
	if c.policy() == flow.ChangedRefuse {
		return false, c.refusal("the images of " + key + " are others")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.samples = append(c.samples, key)
	return !c.Keeps(), nil
}

// Outdated refuses a result that another recipe has made, if the run does and
// the recipe is not known by name.
func (c *Change) Outdated(key string) error {
	if c.policy() == flow.ChangedRefuse {
		return c.refusal("settings or tables that " + key + " follows from are others")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.recipe) == 0 {
		c.recipe = []string{"settings or tables are others"}
	}
	return nil
}

func (c *Change) refusal(why string) error {
	return fmt.Errorf("%s made from something else: %s; --changed redo makes them anew, --changed keep leaves them, or choose another place", c.what, why)
}

// Unknown counts a result that nothing is recorded of.
func (c *Change) Unknown() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unknown++
}

// Damaged counts a result that is not whole any more, and is made again.
func (c *Change) Damaged(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.damaged = append(c.damaged, key)
}

// Tell says what was found, at the end of the run or as soon as all is known.
func (c *Change) Tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	done := "made anew"
	if c.Keeps() {
		done = "kept all the same"
	}
	if len(c.recipe) > 0 {
		c.graph.Note(c.stage, fmt.Sprintf("%s %s: %s", c.what, done, strings.Join(c.recipe, "; ")))
	}
	if len(c.samples) > 0 {
		c.graph.Note(c.stage, fmt.Sprintf("%s %s, since images are others: %s", c.what, done, data.Enumerate(c.samples)))
	}
	if len(c.damaged) > 0 {
		c.graph.Note(c.stage, fmt.Sprintf("%s damaged, and made again: %s", c.what, data.Enumerate(c.damaged)))
	}
	if c.unknown > 0 {
		c.graph.Note(c.stage, fmt.Sprintf("%s taken for complete, though nothing is recorded of what they were made from: %d", c.what, c.unknown))
	}
	c.recipe, c.samples, c.damaged, c.unknown = nil, nil, nil, 0
}
