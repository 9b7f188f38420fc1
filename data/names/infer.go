package names

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Propose is the pattern that names of images seem to have: Default where files are of
// the given channels, else the ready one that fits most of them, else one that is found
// in the names; nil: none fits half of them.
func Propose(list, channels []string) *Pattern {
	list = sampleOf(slices.DeleteFunc(slices.Clone(list), func(name string) bool { return !OfImage(name) }))
	p, err := Parse("")
	if err != nil {
		panic("names: " + err.Error())
	}
	n := 0
	for _, name := range list {
		if v, ok := p.Values(name); ok && slices.Contains(channels, p.Of(v, Channel)) {
			n++
		}
	}
	if enough(n, list) {
		return p
	}
	if p, n := Nearest(list); enough(n, list) {
		return p
	}
	return infer(list)
}

func enough(n int, list []string) bool { return n > 0 && 2*n >= len(list) }

// mostLooked is how many names are looked at for a proposal.
const mostLooked = 4000

// sampleOf are names out of a list, at even distances.
func sampleOf(list []string) []string {
	if len(list) <= mostLooked {
		return list
	}
	few := make([]string, mostLooked)
	for i := range few {
		few[i] = list[i*len(list)/mostLooked]
	}
	return few
}

// words cuts a name: checksums, letters with a number behind them, numbers, and what is
// between.
var words = regexp.MustCompile(uuid + `|[A-Za-z]+[0-9]*|[0-9]+|[^A-Za-z0-9]`)

// cutName is a name in pieces.
type cutName struct {
	folder string // the one it is in
	pieces []string
}

// shape is equal for names whose pieces stand for the same things.
func (c cutName) shape() string {
	var b strings.Builder
	for _, p := range c.pieces {
		switch {
		case len(p) == 36:
			b.WriteByte('u')
		case isWord(p):
			b.WriteByte('w')
		default:
			b.WriteString(p)
		}
	}
	return b.String()
}

func isWord(p string) bool {
	c := p[0]
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// infer finds a pattern in names: the channel is the piece that has few values, each of
// which nearly every sample has.
func infer(list []string) *Pattern {
	byShape := map[string][]cutName{}
	for _, name := range list {
		c := cutName{path.Base(path.Dir(name)), words.FindAllString(strings.TrimSuffix(path.Base(name), Extension(name)), -1)}
		byShape[c.shape()] = append(byShape[c.shape()], c)
	}
	var same []cutName
	for _, shape := range slices.Sorted(maps.Keys(byShape)) {
		if len(byShape[shape]) > len(same) {
			same = byShape[shape]
		}
	}
	if !enough(len(same), list) || len(same[0].pieces) == 0 {
		return inferFolder(list)
	}
	best, most := -1, 0.0
	for at := range same[0].pieces {
		if score := likely(same, at); score > most {
			best, most = at, score
		}
	}
	if p := inferFolder(list); p != nil && most < 1.5 { // no dye is named in names
		return p
	}
	if best < 0 {
		return nil
	}
	return fitting(written(same, best), list)
}

// fitting is a pattern's text if it fits.
func fitting(text string, list []string) *Pattern {
	p, err := Parse(text)
	if err != nil {
		return nil
	}
	n := 0
	for _, name := range list {
		if _, ok := p.Values(name); ok {
			n++
		}
	}
	if !enough(n, list) || p.Whole() != nil {
		return nil
	}
	return p
}

// mostChannels is how many values a channel has at most, to be found.
const mostChannels = 16

var (
	dyes     = regexp.MustCompile(`(?i)^(red|green|blue|yellow|cyan|magenta|dapi|hoechst[0-9]*|gfp|rfp|yfp|cfp|cy[0-9]+|fitc|tritc|texas|mcherry|alexa[0-9]*|actin|tubulin|dna|er|rna|agp|mito|bf|brightfield|phase|w[0-9]+|ch?[0-9]+|channel[0-9]*|d[0-9])$`)
	sliceRun = regexp.MustCompile(`^(z|Z|slice|plane)[0-9]+$`)
	timeRun  = regexp.MustCompile(`^(t|T|time|frame)[0-9]+$`)
)

// values are those of a piece, sorted; nil: there are more than a channel has.
func values(same []cutName, at int) []string {
	var list []string
	for _, c := range same {
		if !slices.Contains(list, c.pieces[at]) {
			if list = append(list, c.pieces[at]); len(list) > mostChannels {
				return nil
			}
		}
	}
	slices.Sort(list)
	return list
}

// likely is how much speaks for a piece being the channel; 0: it is not.
func likely(same []cutName, at int) float64 {
	list := values(same, at)
	if len(list) < 2 || !isWord(list[0]) || all(list, sliceRun) || all(list, timeRun) {
		return 0
	}
	samples := map[string]bool{}
	for _, c := range same {
		var key strings.Builder
		for i, p := range c.pieces {
			if i != at && len(p) != 36 {
				key.WriteString(p + "\x00")
			}
		}
		samples[c.folder+"/"+key.String()] = true
	}
	complete := float64(len(same)) / float64(len(samples)*len(list))
	if complete < 0.6 {
		return 0
	}
	score := complete + 0.001*float64(at)
	switch {
	case all(list, dyes):
		score += 1
	case list[0][0] > '9':
		score += 0.2
	}
	return score
}

func all(list []string, re *regexp.Regexp) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !re.MatchString(s) })
}

// written is the text of a pattern in which one piece is the channel.
func written(same []cutName, channel int) string {
	var b strings.Builder
	parts := 0
	var run []int // pieces of a part that is not written yet
	flush := func() {
		first, last := 0, len(run)
		if parts > 0 && !slices.ContainsFunc(run, func(at int) bool { return len(values(same, at)) != 1 }) {
			last = 0 // the same in all names
		}
		for first < last && !isWord(same[0].pieces[run[first]]) {
			b.WriteString(literal(same[0].pieces[run[first]]))
			first++
		}
		for last > first && !isWord(same[0].pieces[run[last-1]]) {
			last--
		}
		if first < last {
			if parts++; parts == 1 {
				b.WriteString("{id}")
			} else {
				fmt.Fprintf(&b, "{part%d}", parts)
			}
		}
		for _, at := range run[last:] {
			b.WriteString(literal(same[0].pieces[at]))
		}
		run = nil
	}
	seen := map[string]bool{}
	for at, piece := range same[0].pieces {
		list := values(same, at)
		named := Z
		if all(list, timeRun) {
			named = T
		}
		switch {
		case at == channel:
			flush()
			b.WriteString(channelPart(list, at+1 == len(same[0].pieces) && at > 0 && !isWord(same[0].pieces[at-1])))
		case len(piece) == 36:
			flush()
			b.WriteString("{*:" + uuid + "}")
		case len(list) > 0 && (all(list, sliceRun) || all(list, timeRun)) && !seen[named]:
			flush()
			seen[named] = true
			b.WriteString(strings.TrimRight(piece, "0123456789") + "{" + named + "}")
		default:
			run = append(run, at)
		}
	}
	flush()
	return b.String()
}

// channelPart is the part of a channel with some values; last, behind a separator, it
// needs no expression.
func channelPart(list []string, plainly bool) string {
	prefix := strings.TrimRight(list[0], "0123456789")
	numbered := prefix != list[0]
	for _, v := range list {
		numbered = numbered && strings.TrimRight(v, "0123456789") == prefix && v != prefix
	}
	switch {
	case numbered:
		return "{channel:" + prefix + "[0-9]+}"
	case plainly:
		return "{channel}"
	}
	return "{channel:" + strings.Join(list, "|") + "}"
}

func literal(piece string) string {
	if strings.Contains("{}[]", piece) {
		return piece + piece
	}
	return piece
}

// inferFolder takes the folders that files are in for channels, if each sample has a
// file in nearly all of them.
func inferFolder(list []string) *Pattern {
	folders, ids := map[string]bool{}, map[string]bool{}
	for _, name := range list {
		dir, base := path.Split(name)
		folders[path.Base(dir)], ids[path.Dir(path.Clean(dir))+"/"+base] = true, true
	}
	if len(folders) < 2 || len(folders) > mostChannels || float64(len(list)) < 0.6*float64(len(ids)*len(folders)) {
		return nil
	}
	return fitting("{channel}/{id}", list)
}
