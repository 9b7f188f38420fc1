package training

import (
	"bytes"
	"fmt"

	"hpaflow/data/metrics"
	"hpaflow/data/tfevents"
	"hpaflow/models/checkpoint"
	"hpaflow/sinks/report"
)

// illustrate adds to an epoch's event what no checkpoint can restore: pictures of
// samples, and curves.
func (s *events) illustrate(e *tfevents.Event, p *checkpoint.Progress) error {
	for i := range p.Examples {
		m := &p.Examples[i]
		sheet := report.DrawExample(m, s.names)
		var png bytes.Buffer
		if err := sheet.Encode(&png); err != nil {
			return fmt.Errorf("%s: %w", m.Sample.ID, err)
		}
		e.Images = append(e.Images, tfevents.Image{
			Tag: "val_samples/" + m.Sample.ID, Width: sheet.Bounds().Dx(), Height: sheet.Bounds().Dy(), PNG: png.Bytes(),
		})
	}
	if p.Curves == nil {
		return nil
	}
	add := func(name string, c metrics.Curve) {
		e.Curves = append(e.Curves, tfevents.Curve{
			Tag: "val_pr/" + name, Name: name,
			TruePositives: c.TruePositives, FalsePositives: c.FalsePositives, TrueNegatives: c.TrueNegatives, FalseNegatives: c.FalseNegatives,
			Precision: c.Precision, Recall: c.Recall,
		})
	}
	add("all labels", p.Curves.All())
	for label := range p.Curves.Labels() {
		add(fmt.Sprintf("%02d %s", label, s.names.Of(label)), p.Curves.Of(label))
	}
	return nil
}
