package data

import (
	"slices"
	"testing"
)

// The labels of the challenge of 2021 are those of its page; those of 2018 stay what
// they are where nothing else is said.
func TestLabels2021(t *testing.T) {
	names, err := ReadNames(HPA2021, 19)
	if err != nil || len(names) != 19 || names[0] != "Nucleoplasm" || names[12] != "Centrosome" || names[17] != "Vesicles and punctate cytosolic patterns" || names[18] != "Negative" {
		t.Errorf("%q, %v", names, err)
	}
	if _, err := ReadNames(HPA2021, 28); err == nil {
		t.Error("28 labels are called by 19 names")
	}
	if names, err := ReadNames("", 28); err != nil || !slices.Equal(names, LabelNames) {
		t.Errorf("%q, %v", names, err)
	}
}

// Labels are parted by blanks or by bars.
func TestParseLabelsParted(t *testing.T) {
	for text, want := range map[string]Labels{"8|5|0": LabelsOf(0, 5, 8), "18": LabelsOf(18), "3 | 4": LabelsOf(3, 4), "": 0} {
		if got, err := ParseLabels(text, 19); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"8|8", "19", "a|b", "1,2"} {
		if _, err := ParseLabels(text, 19); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
