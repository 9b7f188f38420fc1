package images

import (
	"bytes"
	"os"
	"strings"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/flow/component"
)

// What makes two samples one. A sample's key is its Id, or with KeysPath its Id
// behind the folders that its files are in. Of two samples with one key the
// second is passed over when it is the same picture, file for file and byte for
// byte, however it is called; otherwise it is a dead letter that names both.

// keyOf is the key of a sample at a place: the folders and the Id of its files.
func keyOf(place, keys string) string {
	if keys == component.KeysPath {
		return strings.TrimLeft(place, "/")
	}
	return place[strings.LastIndexByte(place, '/')+1:]
}

// samePicture says whether two files hold the same bytes. It says no when it
// cannot tell, and of files larger than most.
func samePicture(a, b data.File, most int64) bool {
	if a.Data != nil || b.Data != nil {
		return a.Data != nil && b.Data != nil && bytes.Equal(a.Data, b.Data)
	}
	if a.Name == b.Name {
		return true
	}
	first, err := os.Stat(a.Name)
	if err != nil || !first.Mode().IsRegular() || first.Size() > most {
		return false
	}
	second, err := os.Stat(b.Name)
	if err != nil || !second.Mode().IsRegular() || first.Size() != second.Size() {
		return false
	}
	return os.SameFile(first, second) || atomicfile.SameContent(a.Name, b.Name)
}
