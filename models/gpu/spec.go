//go:build gpu && linux

package gpu

import (
	"hpaflow/models"
	"hpaflow/models/gpu/plan"
)

// spec is what an engine is made for.
type spec struct {
	options   models.Options // Batch is this card's
	precision precision
	params    *plan.Params
	programs  []*plan.Program // one a kind
	moments   int             // of the optimiser
	slots     int             // batches on their way up at once
}

// program is the one for a use, or nil.
func (s *spec) program(kind plan.Kind) *plan.Program {
	for _, p := range s.programs {
		if p.Kind == kind {
			return p
		}
	}
	return nil
}

// plan makes the programs for some uses: with all results kept, or where that
// needs more memory than is free, with some of them computed again.
func (s *spec) plan(free int64, kinds ...plan.Kind) (err error) {
	for _, thrifty := range []bool{false, true} {
		var list []plan.Options
		for _, kind := range kinds {
			list = append(list, plan.Options{
				Kind: kind, Batch: s.options.Batch, Type: s.precision.images(), Thrifty: thrifty && kind == plan.Train,
			})
		}
		if s.params, s.programs, err = plan.New(&s.options, list...); err != nil || s.needs()+workspaceLeast <= free {
			return err
		}
	}
	return nil
}

// resized is the spec for another batch.
func (s *spec) resized(batch int) (spec, error) {
	r := *s
	r.options.Batch = batch
	var options []plan.Options
	for _, p := range s.programs {
		o := p.Options
		o.Batch = batch
		options = append(options, o)
	}
	var err error
	r.params, r.programs, err = plan.New(&r.options, options...)
	return r, err
}
