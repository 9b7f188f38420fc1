package checkpoint

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// LastEpochs gives the folders of the n checkpoints of whole epochs below dir
// that end at epoch end, counted from 0, or at the last one there is when end
// is negative; and the number of the last. Weights are enough. One that is
// missing is an error.
func LastEpochs(dir string, n, end int) ([]string, int, error) {
	list, err := Checkpoints(dir)
	if err != nil {
		return nil, 0, err
	}
	list = slices.DeleteFunc(list, func(c SavedCheckpoint) bool { return c.Step != 0 || !c.Weights })
	if len(list) == 0 {
		return nil, 0, fmt.Errorf("checkpoint: there is none of a whole epoch in %s", dir)
	}
	if end < 0 {
		end = list[len(list)-1].Epoch
	}
	if n > end+1 {
		return nil, 0, fmt.Errorf("checkpoint: %d are to be averaged up to epoch %d, counted from 0, and a run has no more than %d by then", n, end, end+1)
	}
	var paths, missing []string
	for epoch := end - n + 1; epoch <= end; epoch++ {
		path := EpochDir(dir, epoch)
		if !slices.ContainsFunc(list, func(c SavedCheckpoint) bool { return c.Path == path }) {
			missing = append(missing, filepath.Base(path))
		}
		paths = append(paths, path)
	}
	if missing != nil {
		return nil, 0, fmt.Errorf("checkpoint: of the %d up to %s, %s lacks %s; there are %s to %s", n, filepath.Base(EpochDir(dir, end)),
			dir, strings.Join(missing, ", "), filepath.Base(list[0].Path), filepath.Base(list[len(list)-1].Path))
	}
	return paths, end, nil
}

// AverageName names averaged weights by how many checkpoints they are of and
// the last one's epoch: swa.10.040.
func AverageName(n, end int) string { return fmt.Sprintf("swa.%d.%03d", n, end) }
