package metrics

import "hpaflow/data"

// Calibration is thresholds with the scores they reach on the samples they
// were chosen on.
type Calibration struct {
	Thresholds     []Threshold
	Result         Result  // without a loss
	GuessedPresent float64 // what GuessedF1Present says of these samples
}

// Calibrate chooses thresholds on labelled probabilities, (samples,classes),
// and scores them there.
func Calibrate(p [][]float64, labels []data.Labels, classes int) (*Calibration, error) {
	thresholds, err := Thresholds(p, labels, classes)
	if err != nil {
		return nil, err
	}
	e := NewEpoch(classes)
	for i, row := range p {
		e.Decide(Decide(row, thresholds), labels[i])
	}
	return &Calibration{Thresholds: thresholds, Result: e.Result(), GuessedPresent: GuessedF1Present(labels, classes)}, nil
}

// Decide gives the labels whose probability is above their threshold; one that
// equals it is not.
func Decide(p []float64, thresholds []Threshold) data.Labels {
	var l data.Labels
	for n, t := range thresholds {
		if p[n] > t.Value {
			l |= data.LabelsOf(n)
		}
	}
	return l
}
