package shards

import (
	"context"
	"fmt"
	"maps"

	"hpaflow/data"
	"hpaflow/data/place"
	"hpaflow/data/shards"
	"hpaflow/flow/component"
	"hpaflow/sinks/results"
)

// byUnit makes one unit one shard, of the unit's number. A unit without samples
// has none. That a shard holds so many bytes at most is a fault of the cut where
// it does not hold.
func byUnit() *component.ByUnit {
	return &component.ByUnit{
		Home: func(a component.Args) (string, bool) { return a.String("dir"), true },
		At:   func(a component.Args, path string) component.Args { return results.Elsewhere(a, "dir", path) },
		Private: func(a component.Args, dir string) component.Args {
			a = maps.Clone(a)
			a["dir"], a["samples"], a["bytes"] = dir, shards.One.Samples, shards.One.Bytes
			return a
		},
		Publish: func(a component.Args, dir string, unit int) (map[string]component.Published, error) {
			raw, sum, err := shards.Single(dir)
			switch {
			case err != nil:
				return nil, err
			case raw == 0:
				return nil, nil
			case raw > a.Size("bytes"):
				return nil, fmt.Errorf("the samples come to %d bytes, and bytes = %d is the most of a shard; units have to be smaller, or bytes larger", raw, a.Size("bytes"))
			}
			return map[string]component.Published{shards.ShardName(0): {Name: shards.ShardName(unit), Sum: "sha256:" + sum}}, nil
		},
		Check: checkUnit,
		Shows: true,
		Fresh: func(a component.Args) bool { return !shards.Exists(a.String("dir")) && !hasIndex(a.String("dir")) },
		Join: func(n *component.Node, j *component.Joined) error {
			index := shards.NewJoiner(shards.Planes)
			for unit, dir := range j.Parts {
				if err := index.Add(dir, unit); err != nil {
					return err
				}
			}
			takenIn, err := index.Save(n.Args.String("dir"), j.SizeOf)
			if err != nil {
				return err
			}
			if j.Again && j.SizeOf == nil && len(takenIn) > 0 { // the index in a store was not looked at
				n.Graph.Note(n.Name, "taken into the index, which did not name them: "+data.Enumerate(takenIn))
			}
			return results.SaveMade(n, n.Args.String("dir"))
		},
		Undo: func(a component.Args) error {
			if !hasIndex(a.String("dir")) {
				return nil
			}
			return place.Remove(context.Background(), place.Join(a.String("dir"), shards.IndexName))
		},
	}
}

// checkUnit refuses units that could come to more than a shard may hold.
func checkUnit(a component.Args, unit int, raw int64) error {
	most := a.Size("bytes")
	if raw > 0 && int64(unit) > max(1, most/raw) {
		return fmt.Errorf("a unit is a shard: %d samples of %d bytes come to more than bytes = %d, the most of one; cut into units of %d: --set unit=%d",
			unit, raw, most, max(1, most/raw), max(1, most/raw))
	}
	return nil
}

// hasIndex says whether there is an index, be it of shards that are lost.
func hasIndex(dir string) bool {
	there, err := place.Exists(context.Background(), place.Join(dir, shards.IndexName))
	return err == nil && there
}
