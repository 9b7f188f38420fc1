package units

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
)

// folder is a folder of units.
type folder string

func (f folder) path(parts ...string) string {
	return place.Join(string(f), parts...)
}

func planName(n int) string { return fmt.Sprintf("plan-%d.json", n) }

func unitName(unit int) string { return fmt.Sprintf("%05d", unit) }

// plans reads all plans, and checks that each follows from the one before it.
func (f folder) plans() (c chain, err error) {
	for n := 0; ; n++ {
		p, err := f.plan(n)
		if err != nil {
			return nil, err
		}
		if p == nil {
			return c, nil
		}
		path := f.path(planName(n))
		switch {
		case p.Format != Format:
			return nil, fmt.Errorf("%s has format %d, and this version knows %d", path, p.Format, Format)
		case p.Unit < 1 || p.Units != (p.Records+p.Unit-1)/p.Unit || p.First != c.units():
			return nil, fmt.Errorf("%s is damaged: its numbers do not fit together", path)
		case n > 0 && p.Parent != c[n-1].ID():
			return nil, fmt.Errorf("%s does not follow from %s, which was changed", path, planName(n-1))
		}
		c = append(c, p)
	}
}

// plan reads one; nil: there is none.
func (f folder) plan(n int) (*Plan, error) {
	b, err := place.Read(context.Background(), f.path(planName(n)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &Plan{}
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("%s: %w", f.path(planName(n)), err)
	}
	return p, nil
}

// add writes the plan that follows a chain, and its names. When another worker
// has been first, that one's plan stands, and err is nil: the chain is to be read
// again.
func (f folder) add(c chain, p *Plan, names []entry) error {
	if len(c) > 0 {
		p.after(c[len(c)-1])
	} else if err := place.CheckOnce(context.Background(), string(f)); err != nil {
		return err
	}
	if err := place.MakeFolder(string(f)); err != nil {
		return err
	}
	p.Names = digestOf(names)
	if err := f.writeNames(p.Names, names); err != nil {
		return err
	}
	_, err := place.WriteOnce(context.Background(), f.path(planName(len(c))), p.text())
	if _, other := errors.AsType[*atomicfile.OtherError](err); other {
		return nil
	}
	return err
}

// done lists the units that are done.
func (f folder) done() (map[int]bool, error) {
	names, err := place.Names(context.Background(), f.path("done"))
	if err != nil {
		return nil, err
	}
	done := make(map[int]bool, len(names))
	for _, name := range names {
		if unit, ok := unitOf(name); ok {
			done[unit] = true
		}
	}
	return done, nil
}

// unitOf is the unit of a record, by the name of its file.
func unitOf(name string) (unit int, ok bool) {
	digits, ok := strings.CutSuffix(name, ".json")
	unit, err := strconv.Atoi(digits)
	return unit, ok && err == nil
}

// missing lists those below so many that are not done.
func missing(units int, done map[int]bool) []int {
	list := []int{}
	for unit := range units {
		if !done[unit] {
			list = append(list, unit)
		}
	}
	return list
}

func sortedUnits(done map[int]bool, units int) []int {
	list := []int{}
	for unit := range done {
		if unit < units {
			list = append(list, unit)
		}
	}
	slices.Sort(list)
	return list
}
