package flow_test

import (
	"testing"

	"pgregory.net/rapid"

	"hpaflow/flow"
)

// Runs that share a pass have equally many groups each. Together they have each that
// is full once, where shares are even, and else all, each once but for those that
// are marked by numbers past the last.
func TestShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records, group, world := rapid.IntRange(1, 500).Draw(t, "records"), rapid.IntRange(1, 40).Draw(t, "group"), rapid.IntRange(1, 9).Draw(t, "world")
		even := rapid.Bool().Draw(t, "even")
		all, seen, most := (records+group-1)/group, map[int]int{}, 0
		for rank := range world {
			list := flow.Share{Rank: rank, World: world, Group: group, Even: even}.Groups(records)
			if rank > 0 && len(list) != most {
				t.Fatalf("rank %d has %d groups, rank 0 %d", rank, len(list), most)
			}
			most = len(list)
			for _, g := range list {
				seen[g]++
			}
		}
		want := records / group / world * world
		if !even {
			want = (all + world - 1) / world * world
		}
		for g := range want {
			if seen[g] != 1 {
				t.Fatalf("group %d of %d is taken %d times", g, want, seen[g])
			}
		}
		if len(seen) != want || !even && want < all || even && records-want*group >= group*world {
			t.Fatalf("%d groups, want %d of %d", len(seen), want, all)
		}
	})
}
