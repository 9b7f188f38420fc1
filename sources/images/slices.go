package images

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/names"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// picks is what becomes of the slices and times that names of files tell of.
type picks struct{ z, t pick }

// pick is what is taken of one of them.
type pick struct {
	named bool   // names tell of it
	value string // of the field: "", "max", "mean", "all" or a number
	what  string // slices or times
	field string // z or t

	number int // that is taken; -1: not one alone
}

// picksOf are those that the fields z and t say, for names of a pattern.
func picksOf(a component.Args, p *names.Pattern) picks {
	of := func(field, what string) pick {
		k := pick{named: p.Has(field), value: a.String(field), what: what, field: field, number: -1}
		if n, err := strconv.Atoi(k.value); err == nil {
			k.number = n
		}
		return k
	}
	return picks{of(names.Z, "slices"), of(names.T, "times")}
}

// inFiles is what is left to the files themselves: each slice or time of one is a
// sample.
func (p picks) inFiles() each { return each{p.z.each() && !p.z.named, p.t.each() && !p.t.named} }

func (k pick) each() bool { return k.value == "all" }

// gathers says that all files of a channel are kept, to be put together or to see
// that there is but one.
func (k pick) gathers() bool { return k.named && k.number < 0 && !k.each() }

func (p picks) gathers() bool { return p.z.gathers() || p.t.gathers() }

// waits says that a sample may have more files though it has one of each channel.
func (p picks) waits() bool { return p.z.gathers() && p.z.value != "" }

func (k pick) takes(n int) bool { return k.number < 0 || n < 0 || n == k.number }

// takes says whether a file is of what is asked for.
func (p picks) takes(m names.Match) bool { return p.z.takes(m.Z) && p.t.takes(m.T) }

// refused is of which slice or time a file is that is not asked for.
func (p picks) refused(m names.Match) (k pick, n int) {
	if !p.z.takes(m.Z) {
		return p.z, m.Z
	}
	return p.t, m.T
}

// suffix is what a key ends in where each slice or time is a sample.
func (p picks) suffix(m names.Match) (text string) {
	if p.t.each() && m.T >= 0 {
		text = fmt.Sprintf("_t%03d", m.T)
	}
	if p.z.each() && m.Z >= 0 {
		text += fmt.Sprintf("_z%03d", m.Z)
	}
	return text
}

// slice is a file of a channel, where several may be.
type slice struct {
	name    string
	content []byte
	plane   uint8
	z, t    int32
}

func (s slice) inStream() bool { return s.content != nil }

// order is by channel, time and slice.
func (s slice) order(other slice) int {
	return cmp.Or(cmp.Compare(s.plane, other.plane), cmp.Compare(s.t, other.t), cmp.Compare(s.z, other.z), cmp.Compare(s.name, other.name))
}

// span is the numbers from one to another, and the slices or times that they are of.
type span struct {
	pick     pick
	from, to int
	any      bool
}

func (s *span) saw(k pick, n int) {
	if !s.any {
		*s = span{k, n, n, true}
	}
	s.from, s.to = min(s.from, n), max(s.to, n)
}

func (s span) String() string {
	if s.from == s.to {
		return strconv.Itoa(s.from)
	}
	return fmt.Sprintf("%d to %d", s.from, s.to)
}

// instead says what there is in the place of what is asked for; empty: nothing.
func (s span) instead() string {
	if !s.any {
		return ""
	}
	return fmt.Sprintf("%s = %d, and names have {%s} %s", s.pick.field, s.pick.number, s.pick.field, s)
}

// addSlice is add where there may be several files of a channel.
func (g *grouping) addSlice(s *group, m names.Match, name string, content []byte) *group {
	its := s.its()
	its.slices = append(its.slices, slice{name, content, uint8(m.Plane), int32(m.Z), int32(m.T)})
	g.bytes += int64(len(content))
	s.called[m.Plane] = otherwise
	if g.picks.waits() || slices.Contains(s.called[:len(g.planes())], missing) {
		return nil
	}
	return s
}

// chosen is a file that its name says is of one slice or time.
func (s *group) chosen(f data.File) data.File {
	if s.hasZ {
		f.Z = data.Alone
	}
	if s.hasT {
		f.T = data.Alone
	}
	return f
}

// stack gives a sample's files, by channel, time and slice, and why they are none of
// one image.
func (g *grouping) stack(s *group) (files []data.File, err error) {
	if s.more == nil {
		return nil, nil
	}
	list := slices.SortedFunc(slices.Values(s.more.slices), slice.order)
	var kept []slice
	var zs, ts span
	for _, one := range list {
		f := s.chosen(data.File{Name: g.before + one.name, Channel: g.planes()[one.plane].Name, Data: one.content})
		if n := len(kept); n > 0 && kept[n-1].plane == one.plane && kept[n-1].z == one.z && kept[n-1].t == one.t {
			if before := files[n-1]; err == nil && !g.samePicture(before, f) {
				err = fmt.Errorf("%s channel: both %s and %s", f.Channel, printable(before.Name), printable(f.Name))
			}
			continue
		}
		zs.saw(g.picks.z, int(one.z))
		ts.saw(g.picks.t, int(one.t))
		kept, files = append(kept, one), append(files, f)
	}
	if g.store != nil {
		for i := range files {
			files[i].Size, files[i].Mark = s.size/int64(len(files)), mixed(s.mark+uint64(i), int(kept[i].plane))
		}
	}
	return files, cmp.Or(err, ts.undecided(), zs.undecided(), g.uneven(kept, zs))
}

// undecided is the error of several slices or times of which nobody has said what is
// to become.
func (s span) undecided() error {
	if !s.any || s.from == s.to || s.pick.value != "" {
		return nil
	}
	return fmt.Errorf("its files are of several %s, %s in their names; %s", s.pick.what, s, s.pick.choose())
}

// choose says how to.
func (k pick) choose() string {
	how := `choose by z = "max", "mean", one of these numbers, or "all" for a sample of each`
	if k.field == names.T {
		how = `choose by t = one of these numbers, or "all" for a sample of each`
	}
	return how
}

// uneven says which slice a channel lacks, of those from the first to the last that
// any has.
func (g *grouping) uneven(list []slice, zs span) error {
	if !g.picks.waits() || !zs.any || zs.from < 0 {
		return nil
	}
	want := zs.from
	for i, one := range list {
		last := i+1 == len(list) || list[i+1].plane != one.plane
		if int(one.z) != want {
			return g.lacksSlice(one.plane, want, zs)
		}
		if want++; last && want <= zs.to {
			return g.lacksSlice(one.plane, want, zs)
		}
		if last {
			want = zs.from
		}
	}
	return nil
}

func (g *grouping) lacksSlice(plane uint8, z int, zs span) error {
	return flow.Skip(fmt.Sprintf("%s channel lacks slice %d of %s", g.planes()[plane], z, zs))
}

// undecided is the error of a folder all of whose samples have several slices or
// times, of which nobody has said what is to become: it is not told sample by sample.
func (f *channelFolder) undecided(input string) error {
	if !f.picks.gathers() || f.picks.waits() && !f.picks.t.gathers() || len(f.samples) == 0 {
		return nil
	}
	var first error
	for _, s := range f.samples {
		var zs, ts span
		if s.more == nil {
			return nil
		}
		for _, one := range s.more.slices {
			zs.saw(f.picks.z, int(one.z))
			ts.saw(f.picks.t, int(one.t))
		}
		fault := cmp.Or(ts.undecided(), zs.undecided())
		if fault == nil {
			return nil
		}
		first = cmp.Or(first, fault)
	}
	return &component.InputError{Err: fmt.Errorf("%s: %s: %w", input, keyShown(f.key(f.samples[0].place)), first)}
}

// SliceFields are what the op decode has too: of a file with several slices or times
// the op chooses one, or the source makes a sample of each; of files that are each of
// one the source does.
func SliceFields() []component.Field {
	check := func(ofTimes bool) func(any) error {
		return func(v any) error {
			_, err := codec.ParsePick(v.(string), ofTimes)
			return err
		}
	}
	return []component.Field{
		{Name: "z", Type: component.String, Default: "", Check: check(false),
			Doc: `"all": each slice of a file with several is a sample, ID_z003; anything else is the op decode's, and of OME-Zarr says what is read at all. ` +
				`Of names with {z}: "max" and "mean" put the files of a channel together, which the op decode is to be told too; a number takes the files that have it; "all" makes a sample of each`},
		{Name: "t", Type: component.String, Default: "", Check: check(true),
			Doc: `"all": each time of a file with several is a sample, ID_t003; anything else is the op decode's. ` +
				`Of names with {t}: a number takes the files that have it; "all" makes a sample of each`},
	}
}
