package split

import (
	"math/rand/v2"

	"hpaflow/data/duplicates"
	"hpaflow/data/table"
)

// Assign gives every row a fold: Groups, Stratify and Number in turn. A row has
// the labels of its group. The result is in the order of the rows; unknown is
// how many Ids of the duplicates have no row.
func Assign(rows []table.Row, tables [][]duplicates.Group, folds int, rng *rand.Rand) (samples []Assignment, unknown int) {
	groups, unknown := Groups(rows, tables...)
	fold := Stratify(groups, folds, rng)
	Number(groups, fold, folds)
	samples = make([]Assignment, len(rows))
	for g, group := range groups {
		for _, i := range group.Rows {
			samples[i] = Assignment{ID: rows[i].ID, Labels: group.Labels, Fold: fold[g], Folds: folds, Group: g}
		}
	}
	return samples, unknown
}
