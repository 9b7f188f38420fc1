package checkpoint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/models"
)

// A file of weights says by itself what images it is for; one that does not, such as
// those of earlier versions, is of the run in whose folder it is, or not known.
func TestInputs(t *testing.T) {
	run := t.TempDir()
	checkpoints := filepath.Join(run, "checkpoint")
	weights := []models.Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}}
	position := Position{Planes: []string{"DNA", "ER"}, Settings: Settings{Data: map[string]string{"train norm": "per_image"}}}
	if err := SaveCheckpoint(EpochDir(checkpoints, 0), &Checkpoint{State: models.State{Weights: weights}, Position: position}); err != nil {
		t.Fatal(err)
	}
	early := filepath.Join(checkpoints, BestDir)
	if err := SaveWeights(early, weights, Inputs{}); err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(t.TempDir(), "some", "where")
	if err := SaveWeights(alone, weights, Inputs{}); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "a", "copy.safetensors")
	content, err := os.ReadFile(WeightsFile(EpochDir(checkpoints, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(copied), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path   string
		planes []string
		norm   data.Norm
	}{
		{EpochDir(checkpoints, 0), position.Planes, data.NormPerImage},
		{copied, position.Planes, data.NormPerImage},
		{run, nil, data.NormPerImage},
		{alone, nil, ""},
		{filepath.Join(alone, "none"), nil, ""},
	} {
		if in := InputsOf(c.path); in.Norm != c.norm || !slices.Equal(in.Planes, c.planes) {
			t.Errorf("%s: %+v, want %v and %q", c.path, in, c.planes, c.norm)
		}
		err := CheckNorm(c.path, data.NormFixed)
		if want := c.path + " was trained with norm = per_image, not with fixed"; c.norm == "" && err != nil || c.norm != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v", c.path, err)
		}
		if err := CheckNorm(c.path, data.NormPerImage); err != nil {
			t.Errorf("%s: %v", c.path, err)
		}
	}
}
