package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"hpaflow/flow/lang"
)

// steps runs flows one after the other, and stops at the first that fails.
// Each finds out by itself what is done already. People are told where a flow
// stands in files of several steps when it begins, on one line.
func (r *running) steps(ctx context.Context, plan *lang.Plan) error {
	if r.report != "" {
		return fmt.Errorf("--report tells of one flow, and %s is made of %s", plan.Name, count(len(plan.Steps), "step"))
	}
	each := *r
	above := r.step
	each.brief = true
	deadLetters := false
	for i, s := range plan.Steps {
		if err := context.Cause(ctx); err != nil {
			return &exitError{exitInterrupted, err}
		}
		each.at = r.at
		if len(plan.Steps) > 1 {
			each.at = append(slices.Clone(r.at), fmt.Sprintf("%s, step %d of %d: %s", plan.Name, i+1, len(plan.Steps), s.Name))
		}
		each.step = strings.TrimPrefix(above+"/"+s.Name, "/")
		err := each.file(ctx, s.File, s.Sets)
		debug.FreeOSMemory() // a network may have taken gigabytes
		var exit *exitError
		switch {
		case errors.As(err, &exit) && exit.code == exitDeadLetters:
			deadLetters = true
		case exit != nil && exit.err != nil && exit.code != exitInterrupted:
			return &exitError{exit.code, fmt.Errorf("step %s: %w", s.Name, exit.err)}
		case exit != nil:
			return exit
		case err != nil:
			return fmt.Errorf("step %s: %w", s.Name, err)
		}
	}
	if deadLetters {
		return &exitError{code: exitDeadLetters}
	}
	return nil
}
