package export

import (
	"encoding/json"
	"fmt"

	"hpaflow/data/regular"
)

// mostThresholds is the largest file of thresholds that is read.
const mostThresholds = 16 << 20

// readThresholds reads thresholds.json, as sink calibration writes it.
func readThresholds(path string, classes int) ([]float64, error) {
	text, err := regular.Read(path, mostThresholds)
	if err != nil {
		return nil, err
	}
	var c struct {
		Thresholds []float64 `json:"thresholds"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("%s: %w; want thresholds.json, as submit.flow writes it", path, err)
	}
	if len(c.Thresholds) != classes {
		return nil, fmt.Errorf("%s has %d thresholds, and the network %d labels", path, len(c.Thresholds), classes)
	}
	return c.Thresholds, nil
}
