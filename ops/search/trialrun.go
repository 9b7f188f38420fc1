package search

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/augment"
	"hpaflow/data/search"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
)

// trialRunner trains one trial at a time by a flow of its own.
type trialRunner struct {
	name      string
	graph     *flow.Graph // that the trials are part of
	load      func(path string, sets []string) (component.Flow, error)
	flow, dir string
	sets      []string
	epochs    int
	rungs     []int
}

func newTrialRunner(n *component.Node) *trialRunner {
	a := n.Args
	return &trialRunner{
		name: n.Name, graph: n.Graph, load: n.Load, flow: a.String("flow"), sets: a.Strings("set"), dir: a.String("dir"), epochs: a.Int("epochs"),
		rungs: search.Rungs(a.Int("epochs"), a.Int("min_epochs"), a.Int("halving")),
	}
}

// folder is where a trial is trained.
func (t *trialRunner) folder(trial *search.Trial) string { return filepath.Join(t.dir, trial.Name()) }

// policyFile is where a trial's policy is; "none" for the base.
func (t *trialRunner) policyFile(trial *search.Trial) string {
	if trial.IsBase() {
		return "none"
	}
	return filepath.Join(t.folder(trial), "policy.json")
}

// plan is the trial's flow, which stops after so many epochs.
func (t *trialRunner) plan(trial *search.Trial, until int) (component.Flow, error) {
	sets := append([]string{}, t.sets...)
	sets = append(sets, "policy="+t.policyFile(trial), "out="+t.folder(trial), fmt.Sprint("epochs=", t.epochs), fmt.Sprint("until=", until),
		fmt.Sprint("seed=", t.graph.Options().Seed))
	return t.load(t.flow, sets)
}

// was is how a trial did up to a rung, and whether it has been trained so far.
func (t *trialRunner) was(trial *search.Trial, rung int) (result search.Result, done bool, err error) {
	result = search.Result{Trial: trial, Epochs: t.rungs[rung]}
	plan, err := t.plan(trial, t.rungs[rung])
	if err != nil {
		return result, false, err
	}
	if err := t.checkFolder(trial, plan); err != nil {
		return result, false, err
	}
	if done, err = t.score(trial, &result); done || err != nil {
		return result, done, err
	}
	result.Diverged, err = t.diverged(trial, plan)
	return result, result.Diverged, err
}

// train trains a trial up to a rung, or what of that is missing.
func (t *trialRunner) train(ctx context.Context, trial *search.Trial, rung int) (search.Result, error) {
	if err := t.writePolicy(trial); err != nil {
		return search.Result{Trial: trial, Epochs: t.rungs[rung]}, err
	}
	result, done, err := t.was(trial, rung)
	if err != nil || done {
		return result, err
	}
	plan, err := t.plan(trial, t.rungs[rung])
	if err != nil {
		return result, err
	}
	opts := plan.Options()
	opts.Workers, opts.Memory = t.graph.Options().Workers, t.graph.Options().Memory
	g := flow.New(opts)
	g.Notify(flow.Events{Noted: func(stage, text string) { t.graph.Note(t.name, trial.Name()+": "+text) }})
	if err := plan.Build(g); err != nil {
		return result, err
	}
	err = g.Run(ctx)
	if errors.Is(err, models.ErrDiverged) {
		t.graph.Note(t.name, trial.Name()+": "+err.Error())
		result.Diverged = true
		return result, t.noteDiverged(trial, plan)
	}
	if err != nil {
		return result, err
	}
	if done, err = t.score(trial, &result); err == nil && !done {
		err = fmt.Errorf("%s has run, and left no score over %d epochs in %s", t.flow, result.Epochs, t.folder(trial))
	}
	return result, err
}

// score reads from a trial's folder how it did over result.Epochs, and says
// whether it has been trained so far.
func (t *trialRunner) score(trial *search.Trial, result *search.Result) (done bool, err error) {
	path, err := checkpoint.LatestCheckpoint(filepath.Join(t.folder(trial), "checkpoint"))
	if err != nil || path == "" {
		return false, err
	}
	p, err := checkpoint.LoadPosition(path)
	if err != nil || p.Epoch < result.Epochs {
		return false, err
	}
	result.Score = checkpoint.RunScore(p.History[:result.Epochs], checkpoint.ScoreWindow)
	return true, nil
}

// divergedName is the file in the folder of a trial whose loss was no number, with
// the text of the flow that trained it: to train it again would end the same.
const divergedName = "diverged.flow"

func (t *trialRunner) noteDiverged(trial *search.Trial, plan component.Flow) error {
	return atomicfile.Write(filepath.Join(t.folder(trial), divergedName), func(w io.Writer) error {
		_, err := io.WriteString(w, plan.Options().Resolved)
		return err
	})
}

// diverged says whether the same flow has found that a trial diverges, however many
// epochs it was to have.
func (t *trialRunner) diverged(trial *search.Trial, plan component.Flow) (bool, error) {
	b, err := os.ReadFile(filepath.Join(t.folder(trial), divergedName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && string(b) == plan.Options().Resolved, err
}

// writePolicy writes a trial's set as a policy.
func (t *trialRunner) writePolicy(trial *search.Trial) error {
	if err := atomicfile.MakeFolder(t.folder(trial)); err != nil || trial.IsBase() {
		return err
	}
	text, err := json.Marshal(augment.Policy{trial.Set})
	if err != nil {
		return err
	}
	path := t.policyFile(trial)
	before, err := os.ReadFile(path)
	if err == nil && !bytes.Equal(before, text) {
		return fmt.Errorf("%s is of another search, with other sets; choose another folder", path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error { _, err := w.Write(text); return err })
}

// checkFolder refuses a folder where the trial was trained with other settings:
// its run.flow says which.
func (t *trialRunner) checkFolder(trial *search.Trial, plan component.Flow) error {
	path := filepath.Join(t.folder(trial), "run.flow")
	before, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || string(before) == plan.Options().Resolved {
		return err
	}
	for _, until := range t.rungs {
		other, err := t.plan(trial, until)
		if err != nil {
			return err
		}
		if string(before) == other.Options().Resolved {
			return nil
		}
	}
	return fmt.Errorf("%s is of a search with other settings; choose another folder", path)
}
