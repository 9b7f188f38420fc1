package data

import (
	"fmt"
	"strconv"
	"strings"

	"hpaflow/data/regular"
)

// Names are the names of labels, by number.
type Names []string

// ReadNames reads the names of so many labels, one a line. No path stands for
// those of the Human Protein Atlas, which give way to numbers where there are
// other labels; HPA2021 for those of that challenge.
func ReadNames(path string, classes int) (Names, error) {
	if path == "" {
		if classes != len(LabelNames) {
			return nil, nil
		}
		return LabelNames, nil
	}
	names, err := ReadAllNames(path)
	if err == nil && len(names) != classes {
		err = fmt.Errorf("%s names %d labels, but there are %d classes", path, len(names), classes)
	}
	if err != nil {
		return nil, err
	}
	return names, nil
}

// mostText is how large a list of names may be.
const mostText = 1 << 20

// ReadAllNames reads names of labels, one a line. Line ends may be any system's,
// and a byte-order mark may come first.
func ReadAllNames(path string) (Names, error) {
	if path == HPA2021 {
		return LabelNames2021, nil
	}
	text, err := regular.Read(path, mostText)
	if err != nil {
		return nil, err
	}
	lines := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(text), "\ufeff"))
	names := strings.Split(strings.TrimSpace(lines), "\n")
	for i := range names {
		if names[i] = strings.TrimSpace(names[i]); names[i] == "" {
			return nil, fmt.Errorf("%s:%d: a label has no name", path, i+1)
		}
	}
	return names, nil
}

// Of is a label's name.
func (n Names) Of(label int) string {
	if label < len(n) {
		return n[label]
	}
	return fmt.Sprintf("label %d", label)
}

// List is a set of labels, each with its number and name.
func (n Names) List(labels Labels) string {
	var words []string
	for _, label := range labels.Numbers() {
		word := strconv.Itoa(label)
		if label < len(n) {
			word += " " + n[label]
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}
