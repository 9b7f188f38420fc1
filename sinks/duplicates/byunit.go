package duplicates

import (
	"maps"
	"slices"

	"hpaflow/data/atomicfile"
	"hpaflow/data/duplicates"
	"hpaflow/data/provenance"
	"hpaflow/data/table"
	"hpaflow/flow/component"
)

// joinHashes takes the rows of units into the table, with what they were made
// from. Rows that are there stay, unless a unit has made them anew.
func joinHashes(n *component.Node, parts []string) error {
	file, limit := n.Args.String("file"), table.Limit(n.Limits().MaxRows)
	if err := hashesKind.Check(file); err != nil {
		return err
	}
	if err := atomicfile.Prepare(file); err != nil {
		return err
	}
	all, err := duplicates.ReadCache(file, limit)
	if err != nil {
		return err
	}
	entries := map[string]provenance.Entry{}
	for _, part := range parts {
		rows, err := duplicates.ReadCache(part, limit)
		if err != nil {
			return err
		}
		ledger, err := provenance.OpenLedger(provenance.Beside(part), duplicates.CacheRecipe)
		if err != nil {
			return err
		}
		for id, h := range rows {
			all[id] = h
			if e, known := ledger.Entry(id); known {
				entries[id] = e
			}
		}
	}
	ledger, err := provenance.OpenLedger(provenance.Beside(atomicfile.Target(file)), duplicates.CacheRecipe)
	if err != nil {
		return err
	}
	if err := duplicates.WriteCache(file, all); err != nil {
		return err
	}
	keys := slices.Sorted(maps.Keys(entries))
	list := make([]provenance.Entry, len(keys))
	for i, key := range keys {
		list[i] = entries[key]
	}
	if len(keys) > 0 {
		if err := ledger.Put(keys, list); err != nil {
			return err
		}
	}
	return ledger.Save()
}
