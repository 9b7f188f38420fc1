package images

import (
	"context"
	"strings"

	"hpaflow/data"
	"hpaflow/data/provenance"
	"hpaflow/flow"
)

// cut lets the samples of sets be shared out. They are called SET/ID, since an
// Id may by mistake stand in two sets; the second is then found out wherever
// the first is worked on.
func (s *imageSets) cut() *flow.Cut {
	whole := *s
	return &flow.Cut{
		Names: func(context.Context) ([]string, error) {
			names := make([]string, len(s.samples))
			for i, sample := range s.samples {
				names[i] = sample.Split + "/" + sample.ID
			}
			return names, nil
		},
		Take: func(first int64, names []string) {
			s.first, s.samples, s.before = first, make([]*data.Sample, len(names)), map[string]string{}
			at := make(map[string]int, len(names))
			ids := make(map[string]bool, len(names))
			for i, name := range names {
				set, id, _ := strings.Cut(name, "/")
				s.samples[i], at[name], ids[id] = &data.Sample{ID: id, Split: set}, i, true
			}
			for _, sample := range whole.samples {
				if i, wanted := at[sample.Split+"/"+sample.ID]; wanted {
					s.samples[i] = sample
				}
				if ids[sample.ID] && s.before[sample.ID] == "" {
					s.before[sample.ID] = sample.Split
				}
			}
		},
		Origin: func(name string) (string, flow.Origin, bool) {
			set, id, _ := strings.Cut(name, "/")
			file, err := whole.file(&data.Sample{ID: id, Split: set})
			if err != nil {
				return id, nil, false
			}
			return id, provenance.Files{file}, true
		},
	}
}
