package compare

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"hpaflow/flow/lang"
)

// named gives each run the shortest end of its path that tells it from the others.
func named(runs []*run) {
	for depth := 1; ; depth++ {
		seen, again := map[string]bool{}, false
		for _, r := range runs {
			parts := strings.Split(filepath.ToSlash(filepath.Clean(r.Dir)), "/")
			r.Name = strings.Join(parts[max(0, len(parts)-depth):], "/")
			again = again || seen[r.Name] && depth < len(parts)
			seen[r.Name] = true
		}
		if !again {
			return
		}
	}
}

// difference is a setting that the runs do not share, with the value of each.
type difference struct {
	Field  string
	Where  []string // the blocks it stands in
	Values []string // by run; empty where a run has none
}

// Groups are the values, each with the runs that have it.
func (d difference) Groups(runs []*run) (list []group) {
	for i, v := range d.Values {
		at := slices.IndexFunc(list, func(g group) bool { return g.Value == v })
		if at < 0 {
			at = len(list)
			list = append(list, group{Value: v})
		}
		list[at].Runs = append(list[at].Runs, runs[i].Name)
	}
	return list
}

type group struct {
	Value string
	Runs  []string
}

// Shown is the value as people read it.
func (g group) Shown() string { return cmp.Or(g.Value, "(not set)") }

// differences are the settings in which runs differ; paths in a run's own folder begin
// with RUN. What several blocks have in the same way is one.
func differences(runs []*run) (list []difference) {
	type place struct{ field, block string }
	var order []place
	values := map[place][]string{}
	for i, r := range runs {
		for _, s := range r.Settings {
			at := place{s.Field, s.Block}
			if values[at] == nil {
				values[at] = make([]string, len(runs))
				order = append(order, at)
			}
			values[at][i] = own(s.Value, r.Dir)
		}
	}
	for _, at := range order {
		v := values[at]
		if len(slices.Compact(slices.Sorted(slices.Values(v)))) < 2 {
			continue
		}
		known := slices.IndexFunc(list, func(d difference) bool { return d.Field == at.field && slices.Equal(d.Values, v) })
		if known < 0 {
			known = len(list)
			list = append(list, difference{Field: at.field, Values: v})
		}
		list[known].Where = append(list[known].Where, at.block)
	}
	return list
}

// own writes a path of a run's folder, or in it, as RUN.
func own(value, dir string) string {
	abs, err := filepath.Abs(value)
	if err != nil || value == "" {
		return value
	}
	folder, err := filepath.Abs(dir)
	if err != nil {
		return value
	}
	if rest, in := strings.CutPrefix(abs, folder); in && (rest == "" || rest[0] == filepath.Separator) {
		return "RUN" + filepath.ToSlash(rest)
	}
	// The run may have been made from another working folder: then its paths are ends of this one's.
	clean := filepath.ToSlash(filepath.Clean(value))
	for end := clean; strings.Contains(end, "/"); end = end[:strings.LastIndexByte(end, '/')] {
		if strings.HasSuffix(filepath.ToSlash(folder), "/"+strings.TrimPrefix(end, "/")) {
			return "RUN" + clean[len(end):]
		}
	}
	return value
}

// columns are what a table says of a run.
var columns = []struct {
	Name, Long string
	Of         func(*run) string
}{
	{"model", "the network", func(r *run) string { return cmp.Or(r.Model, "?") }},
	{"epochs", "complete", func(r *run) string { return fmt.Sprint(len(r.Epochs)) }},
	{"best", "the epoch with the highest F1", func(r *run) string { return fmt.Sprint(r.Best().Epoch) }},
	{"F1", "macro F1 of that epoch, over all labels", func(r *run) string { return fmt.Sprintf("%.4f", r.Best().F1) }},
	{"present", "the same over labels that occur", func(r *run) string { return fmt.Sprintf("%.4f", r.Best().Present) }},
	{"loss", "of that epoch", func(r *run) string { return fmt.Sprintf("%.5f", r.Best().Loss) }},
	{"lowest", "the lowest loss of all epochs", func(r *run) string { return fmt.Sprintf("%.5f", r.Lowest()) }},
	{"epoch", "time of an epoch, validation included", func(r *run) string { return took(r.Epoch) }},
	{"time", "of all epochs", func(r *run) string { return took(r.Time()) }},
	{"images/s", "trained on, by the time of an epoch", func(r *run) string {
		if v := r.PerSecond(); v > 0 {
			return fmt.Sprintf("%.1f", v)
		}
		return "-"
	}},
}

func took(d time.Duration) string {
	switch {
	case d <= 0:
		return "-"
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// bestOf is the run with the highest F1; -1 of a single one.
func bestOf(runs []*run) int {
	best := 0
	for i, r := range runs {
		if r.Best().F1 > runs[best].Best().F1 {
			best = i
		}
	}
	if len(runs) == 1 {
		return -1
	}
	return best
}

// table writes the runs for a terminal.
func table(w io.Writer, runs []*run) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := "run"
	for _, c := range columns {
		line += "\t" + c.Name
	}
	fmt.Fprintln(t, line)
	best := bestOf(runs)
	for i, r := range runs {
		line := lang.Safe(r.Name)
		if i == best {
			line += " *"
		}
		for _, c := range columns {
			line += "\t" + lang.Safe(c.Of(r))
		}
		fmt.Fprintln(t, line)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if best >= 0 {
		fmt.Fprintln(w, "* the highest F1")
	}
	list := differences(runs)
	if len(runs) > 1 && len(list) == 0 {
		_, err := fmt.Fprintln(w, "\nthey have the same settings")
		return err
	}
	if len(list) > 0 {
		fmt.Fprintln(w, "\nsettings that differ")
	}
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, d := range list {
		name := d.Field
		if n := slices.IndexFunc(list, func(o difference) bool { return o.Field == d.Field && o.Where[0] != d.Where[0] }); n >= 0 {
			words := strings.Fields(d.Where[0])
			name += " of " + words[len(words)-1]
		}
		for _, g := range d.Groups(runs) {
			fmt.Fprintf(t, "  %s\t%s\t%s\n", lang.Safe(name), lang.Safe(g.Shown()), lang.Safe(strings.Join(g.Runs, ", ")))
			name = ""
		}
	}
	return t.Flush()
}
