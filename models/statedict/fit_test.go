package statedict

import (
	"slices"
	"strings"
	"testing"
)

func fitNames() Names {
	return Names{
		Aliases: func(name string) []string {
			if rest, ok := strings.CutPrefix(name, "cnn."); ok {
				return []string{rest, strings.Replace(rest, "stem", "features_a.0", 1)}
			}
			return nil
		},
		Head: func(name string) bool { return strings.HasPrefix(name, "last_linear") },
		Stem: "cnn.stem.weight",
	}
}

func TestFitWidensAndReports(t *testing.T) {
	want := []Tensor{
		{"cnn.stem.weight", []int{2, 4, 1, 2}, make([]float32, 16)},
		{"cnn.bn.bias", []int{1}, make([]float32, 1)},
		{"last_linear.bias", []int{28}, counting(28)},
	}
	got := []Tensor{
		{"stem.weight", []int{2, 3, 1, 2}, counting(12)},
		{"bn.bias", []int{1}, []float32{7}},
		{"last_linear.bias", []int{1000}, counting(1000)},
		{"fc.weight", []int{1, 2}, counting(2)},
	}
	list, report, err := Fit(want, got, fitNames())
	if err != nil {
		t.Fatal(err)
	}
	c := counting(12)
	sameTensors(t, list, []Tensor{
		{"cnn.stem.weight", []int{2, 4, 1, 2}, slices.Concat(c[:6], c[:2], c[6:], c[6:8])},
		{"cnn.bn.bias", []int{1}, []float32{7}},
		{"last_linear.bias", []int{28}, counting(28)},
	})
	const line = "2 tensors taken; stem.weight widened from 3 channels, the first repeated; " +
		"not in the file and left at initial values: last_linear.bias; not used: last_linear.bias [1000], fc.weight [1 2]"
	if report.String() != line {
		t.Errorf("report %q, want %q", report, line)
	}
}

// Doubled names of the same values are all used; of other values, an error.
func TestFitDoubledNames(t *testing.T) {
	want := []Tensor{{"cnn.stem.weight", []int{1}, make([]float32, 1)}}
	got := []Tensor{{"cnn.stem.weight", []int{1}, []float32{1}}, {"features_a.0.weight", []int{1}, []float32{1}}}
	list, report, err := Fit(want, got, fitNames())
	if err != nil || report.Used != 1 || len(report.Unused) != 0 || list[0].Data[0] != 1 {
		t.Errorf("%v, %v, %v", list, report, err)
	}
	got[1].Data = []float32{2}
	if _, _, err := Fit(want, got, fitNames()); err == nil || !strings.Contains(err.Error(), "features_a.0.weight differs from cnn.stem.weight") {
		t.Errorf("error %v", err)
	}
}

func TestFitReportsAllFaults(t *testing.T) {
	want := []Tensor{{"a", []int{1}, nil}, {"b", []int{2}, nil}, {"cnn.stem.weight", []int{2, 4, 1, 1}, nil}}
	got := []Tensor{{"b", []int{3}, counting(3)}, {"cnn.stem.weight", []int{2, 2, 1, 1}, counting(4)}}
	_, _, err := Fit(want, got, fitNames())
	for _, fault := range []string{"tensor a is missing", "tensor b has shape [3], want [2]", "tensor cnn.stem.weight has shape [2 2 1 1]"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("error %v, want %q", err, fault)
		}
	}
}
