package webdataset

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"hpaflow/data"
)

// What a member is to a sample.
type what int

const (
	nothing what = iota
	image
	jsonText
	labelText
)

// Where labels are, if not in a field or a member that is named.
const (
	auto = "auto"
	none = "none"
)

// usual are the endings of images.
var usual = []string{"png", "jpg", "jpeg", "tif", "tiff", "npy"}

// wants are the members that are read.
type wants struct {
	images []string // suffixes; none: any that ends as is usual
	labels string
}

func wantsOf(images []string, labels string) wants {
	w := wants{labels: labels}
	if strings.HasPrefix(labels, ".") {
		w.labels = strings.ToLower(labels) // as suffixes are
	}
	for _, suffix := range images {
		w.images = append(w.images, strings.ToLower(strings.TrimPrefix(suffix, ".")))
	}
	return w
}

// String names the images.
func (w wants) String() string {
	if len(w.images) == 0 {
		return "." + strings.Join(usual, ", .")
	}
	return "." + strings.Join(w.images, ", .")
}

// of says what a member is, by its suffix.
func (w wants) of(suffix string) what {
	switch {
	case len(w.images) > 0 && slices.Contains(w.images, suffix):
		return image
	case suffix == "json":
		return jsonText
	case w.labels == auto && suffix == "cls" || strings.HasPrefix(w.labels, ".") && suffix == w.labels[1:]:
		return labelText
	case len(w.images) == 0 && slices.Contains(usual, strings.TrimPrefix(path.Ext("."+suffix), ".")):
		return image
	}
	return nothing
}

// ordered are images in the order in which they are asked for.
func (w wants) ordered(images []member) []member {
	if len(w.images) < 2 {
		return images
	}
	var list []member
	for _, suffix := range w.images {
		if i := slices.IndexFunc(images, func(m member) bool { return m.suffix == suffix }); i >= 0 {
			list = append(list, images[i])
		}
	}
	return list
}

// tell says what is known of a sample beside its image.
func (w wants) tell(out *data.Sample, s *sample, split string) error {
	var fields map[string]json.RawMessage
	if s.json != nil {
		if err := json.Unmarshal(s.json, &fields); err != nil && (w.labels != auto && w.labels != none && !strings.HasPrefix(w.labels, ".") || !json.Valid(s.json)) {
			return fmt.Errorf("its JSON: %w", err)
		} // other JSON than an object says nothing here
	}
	if filter := text(fields["filter"]); filter != "" {
		return fmt.Errorf(`its planes are kept with the filter %q, as hpaflow's shards may; source "shards" reads them`, filter)
	}
	out.Split = split
	if split == "" {
		out.Split = text(fields["split"])
	}
	var planes []string
	if json.Unmarshal(fields["planes"], &planes) == nil && data.CheckPlaneNames(planes) == nil {
		out.Planes = data.OwnPlaneNames(planes)
	}
	var err error
	out.Labels, out.Labeled, err = w.labelsOf(fields, s.label)
	return err
}

// text is a field's, if it is one.
func text(field json.RawMessage) (s string) {
	if json.Unmarshal(field, &s) != nil {
		return ""
	}
	return s
}

// labelsOf are the labels, where somebody knows them.
func (w wants) labelsOf(fields map[string]json.RawMessage, member []byte) (data.Labels, bool, error) {
	names := []string{w.labels}
	if w.labels == auto {
		names = []string{"labels", "label"}
	}
	for _, name := range names {
		if field, there := fields[name]; there && w.labels != none {
			labels, labeled, err := fromJSON(field)
			if err != nil {
				err = fmt.Errorf("%s in its JSON: %w", name, err)
			}
			return labels, labeled, err
		}
	}
	if member == nil {
		return 0, false, nil
	}
	labels, err := fromText(string(member))
	return labels, err == nil, err
}

// fromJSON reads a number, a list of numbers, or null, which is not known.
func fromJSON(field json.RawMessage) (labels data.Labels, labeled bool, err error) {
	if string(field) == "null" {
		return 0, false, nil
	}
	var numbers []int
	if json.Unmarshal(field, &numbers) != nil {
		numbers = make([]int, 1)
		if json.Unmarshal(field, &numbers[0]) != nil {
			return 0, false, errors.New(`is no number and no list of numbers; labels = "none" passes it over`)
		}
	}
	labels, err = setOf(numbers)
	return labels, err == nil, err
}

// fromText reads numbers between blanks.
func fromText(text string) (data.Labels, error) {
	var numbers []int
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return 0, fmt.Errorf(`its labels: %q is no number; labels = "none" passes them over`, word)
		}
		numbers = append(numbers, n)
	}
	return setOf(numbers)
}

func setOf(numbers []int) (labels data.Labels, err error) {
	for _, n := range numbers {
		if n < 0 || n >= data.MaxClasses {
			return 0, fmt.Errorf(`label %d: labels are numbered from 0 to %d; labels = "none" passes them over`, n, data.MaxClasses-1)
		}
		labels |= data.LabelsOf(n)
	}
	return labels, nil
}
