package download

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hpaflow/data"
	"hpaflow/flow"
)

// A row whose worker panics has that for its error; the others come.
func TestTeamCatchesPanics(t *testing.T) {
	defer goleak.VerifyNone(t)
	team := newTeam(t.Context(), 3, func(_ context.Context, row int) (*data.Channels, error) {
		if row == 4 {
			panicOdd()
		}
		return &data.Channels{}, nil
	})
	defer team.stop()
	const rows = 20
	for next, got := 0, 0; got < rows; {
		gave, done, err := team.turn(next, next < rows)
		switch {
		case err != nil:
			t.Fatal(err)
		case gave:
			next++
			continue
		}
		got++
		var p *flow.PanicError
		if bad := done.row == 4; errors.As(done.err, &p) != bad || (done.sample == nil) != bad {
			t.Errorf("row %d: %v", done.row, done.err)
		}
		if p != nil && (p.Value != "odd" || !strings.Contains(string(p.Stack), "panicOdd")) {
			t.Errorf("%v\n%s", p.Value, p.Stack)
		}
	}
}

func panicOdd() { panic("odd") }
