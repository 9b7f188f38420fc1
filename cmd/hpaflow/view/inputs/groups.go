package inputs

import (
	"fmt"

	"hpaflow/data"
	"hpaflow/data/duplicates"
	"hpaflow/data/table"
	"hpaflow/data/view"
)

func (l *Loader) readGroups(in *Input) (string, error) {
	groups, err := duplicates.Read(in.Path, l.Index.Classes, 0)
	if err != nil {
		return "", err
	}
	g := &view.Grouping{Name: in.Name}
	l.Index.Update(func() {
		for _, one := range groups {
			rows := make([]uint32, 0, len(one.IDs))
			for _, id := range one.IDs {
				var row int
				if row, err = l.Index.Add(id); err != nil {
					return
				}
				rows = append(rows, uint32(row))
			}
			g.Put(rows)
		}
		l.Index.Groupings = append(l.Index.Groupings, g)
	})
	return fmt.Sprintf("%d groups of two and more", len(g.Groups)), err
}

func (l *Loader) readHashes(in *Input) (string, error) {
	rows := 0
	var images [2][]duplicates.Image // by ahash, by phash
	err := table.Scan(in.Path, table.Columns{Need: []string{"Id", "ahash", "phash"}}, func(f table.Fields) error {
		a, err := duplicates.ParseHash(f.Get(1))
		if err != nil {
			return err
		}
		p, err := duplicates.ParseHash(f.Get(2))
		if err != nil {
			return err
		}
		if err := data.CheckID(f.Get(0)); err != nil {
			return err
		}
		l.Index.Update(func() {
			var row int
			if row, err = l.Index.Add(f.Get(0)); err == nil {
				l.Index.SetHashes(row, uint64(a), uint64(p))
				id := l.Index.ID(row)
				images[0] = append(images[0], duplicates.Image{ID: id, Hash: a})
				images[1] = append(images[1], duplicates.Image{ID: id, Hash: p})
				rows++
			}
		})
		return err
	})
	if err != nil {
		return "", err
	}
	note := fmt.Sprintf("of %d samples", rows)
	for i, method := range []string{"ahash", "phash"} {
		alike := duplicates.Groups(images[i], alikeWithin)
		g := &view.Grouping{Name: fmt.Sprintf("%s: %s within %d bits", in.Name, method, alikeWithin)}
		images[i] = nil
		l.Index.Update(func() {
			for _, one := range alike {
				members := make([]uint32, 0, len(one.IDs))
				for _, id := range one.IDs {
					if row, ok := l.Index.Row(id); ok {
						members = append(members, uint32(row))
					}
				}
				g.Put(members)
			}
			if len(g.Groups) > 0 {
				l.Index.Groupings = append(l.Index.Groupings, g)
			}
		})
		note += fmt.Sprintf(", %d groups by %s", len(g.Groups), method)
	}
	return note, nil
}

// alikeWithin is in how many bits hashes may differ of samples that are shown beside one
// another: those of all sets together, so that leaks stand beside what they are known from.
const alikeWithin = 2
