package crops

import (
	"context"

	"hpaflow/data"
	"hpaflow/data/crops"
	"hpaflow/flow"
)

// keysOf gathers the keys of all dead letters, the last of which comes when the
// run's other work has ended. It takes them as they come, so that nobody waits to
// write one.
func keysOf(ctx context.Context, in *flow.Reader[flow.DeadLetter], out *flow.Emitter[map[string]bool]) error {
	keys := map[string]bool{}
	for r, err := range in.Values(ctx) {
		if err != nil {
			return err
		}
		keys[r.Value.Key] = true
	}
	return out.Emit("failed", keys)
}

// withoutFailed sends on the rows of cells that have a crop: neither they nor their
// field have failed. Rows are small, and wait for the last dead letter.
func withoutFailed(ctx context.Context, in *flow.Reader[*data.Sample], failed *flow.Reader[map[string]bool], out *flow.Emitter[*data.Sample]) error {
	var rows []*data.Sample
	for r, err := range in.Values(ctx) {
		if err != nil {
			return err
		}
		rows = append(rows, r.Value)
	}
	keys, err := failed.Next(ctx)
	if err != nil {
		return err
	}
	for _, s := range rows {
		field, _, _ := crops.SplitKey(s.ID)
		if keys.Value[s.ID] || keys.Value[field] {
			continue
		}
		if err := out.Emit(s.ID, s); err != nil {
			return err
		}
	}
	return nil
}
