package download

import (
	"context"
	"errors"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/flow"
)

// A worker's panic is brought as the error of its row, and the worker goes on.
func TestAPanicInATeamIsTheRowsError(t *testing.T) {
	team := newTeam(context.Background(), 1, func(_ context.Context, row int) *data.Channels {
		if row == 0 {
			panic("a codec gave up")
		}
		return &data.Channels{}
	})
	defer team.stop()
	for row := range 2 {
		if gave, _, err := team.turn(row, true); !gave || err != nil {
			t.Fatal(gave, err)
		}
		_, got, err := team.turn(0, false)
		var panicked *flow.PanicError
		if err != nil || got.row != row || errors.As(got.err, &panicked) != (row == 0) {
			t.Fatalf("row %d: %+v, %v", row, got, err)
		}
		if row == 0 && !strings.Contains(panicked.Error(), "a codec gave up") {
			t.Error(panicked)
		}
	}
}
