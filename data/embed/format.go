package embed

import (
	"fmt"
	"strings"
)

// Format is how embeddings are kept.
type Format string

// The formats, each named as the path's end.
const (
	Parquet Format = ".parquet" // a file; or a folder of part files, as units leave it
	CSV     Format = ".csv"     // as result.csv of SubCell's own tool
	NPY     Format = ".npy"     // a folder of ID_embedding.npy and ID_probabilities.npy
)

// FormatOf tells the format by a path's end.
func FormatOf(path string) (Format, error) {
	for _, f := range []Format{Parquet, CSV, NPY} {
		if strings.HasSuffix(strings.TrimRight(path, "/"), string(f)) {
			return f, nil
		}
	}
	return "", fmt.Errorf("%q is not NAME.parquet, NAME.csv or NAME.npy", path)
}

// columns are the names of a table's columns: id, of the most probable location
// name and number, in CSV also those of three, then probabilities and values.
func columns(f Format, classes, features int) []string {
	list := []string{"id", "top_class_name", "top_class"}
	if f == CSV {
		list = append(list, "top_3_classes_names", "top_3_classes")
	}
	for c := range classes {
		list = append(list, fmt.Sprintf("prob%02d", c))
	}
	for c := range features {
		list = append(list, fmt.Sprintf("feat%04d", c))
	}
	return list
}
