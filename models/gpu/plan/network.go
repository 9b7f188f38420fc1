package plan

import "hpaflow/models"

// New plans a network's programs over the same parameters. Options hold
// defaults already and are valid.
func New(m *models.Options, programs ...Options) (*Params, []*Program, error) {
	params := newParams(m.Seed)
	var list []*Program
	for _, o := range programs {
		p, err := build(m, o, params)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, p)
	}
	params.lay()
	return params, list, nil
}
