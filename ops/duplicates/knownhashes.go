package duplicates

import (
	"fmt"
	"os"

	"hpaflow/data"
	"hpaflow/data/duplicates"
	"hpaflow/data/provenance"
	"hpaflow/data/table"
	"hpaflow/flow"
)

// knownHashes are the hashes of earlier runs, and of which contents they are.
type knownHashes struct {
	policy flow.ChangePolicy
	cache  duplicates.Cache
	ledger *provenance.Ledger // nil: there is no cache
}

// read reads the table of hashes, and what is recorded of it.
func (k *knownHashes) read(path string, limit table.Limit) (err error) {
	if k.cache, err = duplicates.ReadCache(path, limit); err != nil {
		return err
	}
	k.ledger, err = provenance.OpenLedger(provenance.Beside(path), duplicates.CacheRecipe)
	return err
}

// of are the hashes that are known of a sample's file as it is now, with the
// digest of its content; 0: that is not known, and nil: it is to be hashed.
func (k *knownHashes) of(s *data.Sample) (*duplicates.Hashes, uint64, error) {
	known, ok := k.cache[s.ID]
	if !ok || k.ledger == nil {
		return nil, 0, nil
	}
	state, err := k.ledger.State(s.ID, provenance.Files(s.Files))
	if err != nil {
		return nil, 0, err
	}
	entry, _ := k.ledger.Entry(s.ID)
	switch {
	case state == provenance.Fresh:
		return &known, entry.Digest, nil
	case state == provenance.Unknown: // hashed by an earlier version, which knew a file by its length
		info, err := os.Stat(s.Files[0].Name)
		if err != nil || s.Files[0].Data != nil || info.Size() != known.Bytes {
			return nil, 0, err
		}
		return &known, 0, nil
	case state == provenance.Making || k.policy == flow.ChangedRedo:
		return nil, 0, nil
	case k.policy == flow.ChangedRefuse:
		return nil, 0, flow.Fatal(fmt.Errorf("%s is another image than the one that was hashed; --changed redo hashes it again, --changed keep does not", s.Files[0].Name))
	}
	return &known, entry.Digest, nil
}
