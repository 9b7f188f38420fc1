package training

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/flow"
	"hpaflow/models/checkpoint"
)

// resume lets the graph go on from the last checkpoint in the folder, or from
// the one that is named.
func (s *checkpoints) resume() error {
	if err := checkpoint.InTheWay(s.dir); err != nil {
		return err
	}
	list, err := checkpoint.Checkpoints(s.dir)
	if err != nil {
		return err
	}
	complete := slices.DeleteFunc(slices.Clone(list), func(c checkpoint.SavedCheckpoint) bool { return !c.Complete })
	at := len(complete) - 1
	if s.resumeAt != "" && !s.resumedBefore(complete) {
		at = slices.IndexFunc(complete, func(c checkpoint.SavedCheckpoint) bool { return c.Name() == s.resumeAt })
		if at < 0 {
			return fmt.Errorf("resume: %s has no checkpoint %q to go on from; there is %s", s.dir, s.resumeAt, names(complete))
		}
		s.anew = complete[at+1:]
	}
	var c *checkpoint.Checkpoint
	if at >= 0 {
		if c, err = checkpoint.LoadCheckpoint(complete[at].Path); err != nil {
			return fmt.Errorf("%w; %s", err, wayBack(complete[:at]))
		}
		s.epochs, s.best = c.Position.Epoch, c.Position.Best()
	}
	if err := s.checkPruned(list); err != nil || c == nil {
		return err
	}
	c.Position.ResumedFrom = cmp.Or(s.resumeAt, c.Position.ResumedFrom)
	if err := s.graph.ResumeFrom(flow.Resume{Epochs: c.Position.Epoch, State: c}); err != nil {
		return fmt.Errorf("%s: %w", complete[at].Path, err)
	}
	return nil
}

// resumedBefore says that the run has gone on from the checkpoint that is named
// and has come further: then the same command goes on from there.
func (s *checkpoints) resumedBefore(complete []checkpoint.SavedCheckpoint) bool {
	if len(complete) == 0 {
		return false
	}
	p, err := checkpoint.LoadPosition(complete[len(complete)-1].Path)
	return err == nil && p.ResumedFrom == s.resumeAt
}

// checkPruned refuses to train epochs anew whose weights are there: where
// people have removed the training state of a finished run, the weights are all
// that is left of it, and so may those of its best epoch be.
func (s *checkpoints) checkPruned(list []checkpoint.SavedCheckpoint) error {
	pruned := slices.DeleteFunc(slices.Clone(list), func(c checkpoint.SavedCheckpoint) bool {
		return c.Complete || !c.Weights || c.Step > 0 || c.Epoch < s.epochs || s.last > 0 && c.Epoch >= s.last
	})
	said := names(pruned)
	if len(pruned) == 0 {
		_, err := os.Stat(checkpoint.WeightsFile(filepath.Join(s.dir, checkpoint.BestDir)))
		if err != nil || slices.ContainsFunc(list, func(c checkpoint.SavedCheckpoint) bool { return c.Complete }) {
			return nil
		}
		said = checkpoint.BestDir
	}
	return fmt.Errorf("%s: there are the weights of %s, without the training state that the run could go on from; training would write over them: "+
		"move them away, or set another out, with init to begin from such weights", s.dir, said)
}

// wayBack says which of earlier checkpoints is whole.
func wayBack(earlier []checkpoint.SavedCheckpoint) string {
	for _, c := range slices.Backward(earlier) {
		if _, err := checkpoint.LoadCheckpoint(c.Path); err == nil {
			return fmt.Sprintf("%s before it is whole: --set resume=%s goes on from there", c.Name(), c.Name())
		}
	}
	return "no earlier one is whole: remove it to begin anew"
}

// names lists checkpoints in a message.
func names(list []checkpoint.SavedCheckpoint) string {
	var words []string
	for _, c := range list {
		words = append(words, c.Name())
	}
	const most = 6
	if n := len(words); n > most {
		words = append(words[:most-1], "... "+words[n-1])
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}
