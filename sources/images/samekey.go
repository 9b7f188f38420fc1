package images

import (
	"bytes"
	"fmt"
	"os"
	"slices"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/names"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// What makes two samples one. A sample's key is its Id, or with KeysPath its Id
// behind the folders that its files are in (names.Pattern.Key). Of two samples with one key the
// second is passed over when it is the same picture, file for file and byte for
// byte, however it is called; otherwise it is a dead letter that names both.

// findRivals finds the samples of a folder whose keys others have that come before:
// where the pattern of names passes over what would tell them apart.
func (f *channelFolder) findRivals() {
	if len(f.samples) < 2 || f.names.Folders() == 0 && !f.names.Has(names.Any) && f.limits.Keys == component.KeysName {
		return // the place of a sample is its key
	}
	first := make(map[string]*group, len(f.samples))
	for _, s := range f.samples {
		key := f.key(s.place)
		if first[key] == nil {
			first[key] = s
			continue
		}
		if f.rivals == nil {
			f.rivals = map[*group]*group{}
		}
		f.rivals[s] = first[key]
	}
}

// yieldOnce sends a sample on, unless one before it has its key.
func (f *channelFolder) yieldOnce(s looked, out *flow.Emitter[*data.Sample]) error {
	before := f.rivals[s.group]
	if before == nil {
		return f.yield(s, out)
	}
	files := f.there(before)
	for _, second := range f.there(s.group) {
		i := slices.IndexFunc(files, func(first data.File) bool { return first.Channel == second.Channel && first.Z == second.Z })
		if i < 0 || !f.samePicture(files[i], second) {
			return out.Fail(f.key(s.place), f.twoOfKey(second.Name, files[max(i, 0)].Name))
		}
	}
	return nil
}

// twoOfKey is the error of a picture whose key another has.
func (g *grouping) twoOfKey(second, first string) error {
	hint := ""
	switch {
	case g.limits.Keys == component.KeysName && g.names.Has(names.Any):
		hint = `; a part with a name, in the place of {*}, would tell them apart`
	case g.limits.Keys == component.KeysName:
		hint = `; with keys = "path" the folders tell them apart`
	}
	if g.picks.gathers() {
		hint = "; if they are slices or times of one, " + g.picks.z.choose()
	}
	return fmt.Errorf("%s is another picture than %s, which came first and has the same key%s", second, first, hint)
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
