package hpa

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hpaflow/data/hpa"
)

// tell says what was read and what was passed over.
func (l *list) tell() {
	if l.tally.Entries == 0 {
		return
	}
	for _, line := range l.counts() {
		l.node.Graph.Note(l.node.Name, line)
	}
}

// counts are the lines of it.
func (l *list) counts() []string {
	t := l.tally
	lines := []string{fmt.Sprintf("%d of %s in %s with %s", l.sent, number(t.Images, "image"), number(t.Entries, "gene"), number(t.Antibodies, "antibody"))}
	for _, what := range slices.Sorted(maps.Keys(l.others)) {
		lines = append(lines, fmt.Sprintf("passed over, of %s: %s", what, shortened(l.others[what])))
	}
	for _, some := range []struct {
		hpa.Some
		what string
	}{
		{t.KnockDowns, "passed over, of cells with the gene silenced (si...)"},
		{t.Odd, "passed over, for their addresses do not name an image"},
		{t.Imageless, "antibodies with immunofluorescence and no image, as withdrawn ones have none"},
	} {
		if some.Count > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d, such as %s", some.what, some.Count, strings.Join(some.First, ", ")))
		}
	}
	if t.Unstained > 0 {
		lines = append(lines, fmt.Sprintf("without immunofluorescence: %s", number(t.Unstained, "antibody")))
	}
	return lines
}

// mostTold is how many names of a count are told.
const mostTold = 12

// shortened are the largest counts, and how many there are besides.
func shortened(c hpa.Counts) string {
	parts := strings.Split(c.String(), ", ")
	if len(parts) <= mostTold {
		return c.String()
	}
	return fmt.Sprintf("%s and %d more", strings.Join(parts[:mostTold], ", "), len(parts)-mostTold)
}

func number(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(what, "y"))
	}
	return fmt.Sprintf("%d %ss", n, what)
}
