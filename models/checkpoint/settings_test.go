package checkpoint

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"hpaflow/models"
)

// Options of training that are not set are not written, so that checkpoints are
// those of earlier versions to the byte; one that has none of them goes on as it
// was, and with none else.
func TestOptionsLeftOut(t *testing.T) {
	plain := Settings{Model: "resnet18", Loss: "bce", Schedule: models.ScheduleOptions{Kind: "cosine", LR: .1, Epochs: 9}}
	text, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"label_smoothing", "clip_norm", "ema", "freeze", "Warmup", "WarmupLR"} {
		if strings.Contains(string(text), `"`+name+`"`) {
			t.Errorf("%s is in %s", name, text)
		}
	}
	var old Settings
	if err := json.Unmarshal(text, &old); err != nil {
		t.Fatal(err)
	}
	if list := old.Differences(plain); len(list) > 0 {
		t.Errorf("the same differ: %q", list)
	}
	other := plain
	other.LabelSmoothing, other.ClipNorm, other.EMA, other.Freeze = .1, 1, .99, 2
	other.Schedule.Warmup, other.Schedule.WarmupLR = 3, 1e-5
	want := []string{
		"clip_norm is 0, not 1", "ema is 0, not 0.99", "freeze is 0, not 2", "label_smoothing is 0, not 0.1",
		"schedule warmup is 0, not 3", "schedule warmuplr is 0, not 1e-05",
	}
	if list := old.Differences(other); !slices.Equal(list, want) {
		t.Errorf("differences %q", list)
	}
	if list := other.Differences(plain); len(list) != len(want) || list[0] != "clip_norm is 1, not 0" {
		t.Errorf("the other way round %q", list)
	}
}
