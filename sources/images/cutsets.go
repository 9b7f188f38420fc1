package images

import (
	"context"
	"strings"

	"hpaflow/data"
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
				names[i] = nameIn(sample)
			}
			return names, nil
		},
		Take: func(first int64, names []string) {
			s.first, s.before = first, map[string]string{}
			ids := make(map[string]bool, len(names))
			s.samples = flow.Taken(whole.samples, names, nameIn, func(name string) *data.Sample {
				set, id, _ := strings.Cut(name, "/")
				return &data.Sample{ID: id, Split: set}
			})
			for _, sample := range s.samples {
				ids[sample.ID] = true
			}
			for _, sample := range whole.samples {
				if ids[sample.ID] && s.before[sample.ID] == "" {
					s.before[sample.ID] = sample.Split
				}
			}
		},
		Origin: func(name string) (string, flow.Origin, bool) {
			set, id, _ := strings.Cut(name, "/")
			sample := &data.Sample{ID: id, Split: set}
			file, err := whole.file(sample)
			if err != nil {
				return id, nil, false
			}
			return id, whole.origin(sample, file), true
		},
	}
}

// nameIn is what a sample of a set is called.
func nameIn(s *data.Sample) string { return s.Split + "/" + s.ID }
