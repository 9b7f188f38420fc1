package units

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"hpaflow/data/provenance"
)

// Format is the version of what stands in a folder of units.
const Format = 1

// Plan is how records are cut into units, and what their results depend on.
type Plan struct {
	Format int    `json:"format"`
	Name   string `json:"name"`

	// Flow is every node with all its values, for the record. Paths are none of it:
	// they are others where a file system is mounted elsewhere.
	Flow []string `json:"flow"`

	Values   map[string]string `json:"values,omitempty"`   // settings that results follow from
	Inputs   map[string]string `json:"inputs,omitempty"`   // SHA-256 of files that they follow from as a whole
	Computes string            `json:"computes,omitempty"` // the kind of machine, for a flow whose results depend on it

	Unit    int    `json:"unit"`         // records of a unit, at most
	First   int    `json:"first_unit"`   // number of the first unit
	Units   int    `json:"units"`        // of this plan
	Record  int64  `json:"first_record"` // number of the first record
	Records int    `json:"records"`
	Names   string `json:"names_sha256"` // of the list of names

	Parent string `json:"parent,omitempty"` // run id of the plan before
	Mended bool   `json:"mended,omitempty"` // its records are in plans before, where they failed
	Rows   int    `json:"rows,omitempty"`   // of records in plans before, which are others by now; it has no units then
}

// newPlan cuts so many records into units.
func newPlan(unit, records int) *Plan {
	return &Plan{Format: Format, Unit: unit, Records: records, Units: (records + unit - 1) / unit}
}

// after makes the plan one that follows another.
func (p *Plan) after(before *Plan) *Plan {
	p.First, p.Record, p.Parent = before.First+before.Units, before.Record+int64(before.Records), before.ID()
	return p
}

// span is which of the plan's records a unit has: from the first to below the
// last.
func (p *Plan) span(unit int) (from, to int) {
	from = (unit - p.First) * p.Unit
	return from, min(from+p.Unit, p.Records)
}

// text is the plan as its file has it.
func (p *Plan) text() []byte {
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		panic(err) // texts and numbers can be written
	}
	return append(b, '\n')
}

// ID is the run id of the plan: the SHA-256 of its file.
func (p *Plan) ID() string {
	sum := sha256.Sum256(p.text())
	return hex.EncodeToString(sum[:])
}

// Differences are what makes results of the plan others than those of one that
// was made before, a phrase each.
func (p *Plan) Differences(was *Plan) (list []string) {
	if p.Name != was.Name {
		list = append(list, fmt.Sprintf("the flow is %s, was %s", p.Name, was.Name))
	}
	now := &provenance.Made{Format: p.Format, Values: p.Values, Inputs: p.Inputs}
	list = append(list, now.Differences(&provenance.Made{Format: was.Format, Values: was.Values, Inputs: was.Inputs})...)
	if p.Unit != was.Unit {
		list = append(list, fmt.Sprintf("a unit has %d records, had %d", p.Unit, was.Unit))
	}
	return list
}

// OtherPlanError is that of a folder which holds the plan of another run.
type OtherPlanError struct {
	Dir         string
	Differences []string
}

func (e *OtherPlanError) Error() string {
	return fmt.Sprintf("%s holds units of another plan: %s; run the flow as it was, or choose another folder", e.Dir, strings.Join(e.Differences, "; "))
}

// OtherMachineError is that of a machine whose results would differ from those
// of the others.
type OtherMachineError struct {
	Unit       int
	Want, Have string
}

func (e *OtherMachineError) Error() string {
	return fmt.Sprintf("unit %d is refused: the plan is for %s, and this machine computes with %s, which differs in the last bits; "+
		"HPAFLOW_CPU=plain, avx2 or avx512 caps what a machine uses, when the plan is made and in every worker", e.Unit, e.Want, e.Have)
}

// chain are the plans of a folder, each after the one it follows.
type chain []*Plan

// units is how many there are in all.
func (c chain) units() int {
	if len(c) == 0 {
		return 0
	}
	last := c[len(c)-1]
	return last.First + last.Units
}

// of is the plan that a unit is in.
func (c chain) of(unit int) *Plan {
	i := slices.IndexFunc(c, func(p *Plan) bool { return unit < p.First+p.Units })
	if unit < 0 || i < 0 {
		return nil
	}
	return c[i]
}
