package view

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hpaflow/data"
	"hpaflow/data/corrections"
)

// known is a sample as the tests make it.
type known struct {
	id      string
	labels  data.Labels
	labeled bool
	split   string
	p       []float64 // nil: it is not in the table
	group   int
}

const classes = 5

// filled is an index of samples.
func filled(samples []known) *Index {
	x := &Index{Classes: classes}
	splits, t, g := NewCategory("split"), NewTable("first", classes), &Grouping{Name: "ahash"}
	groups := map[int][]uint32{}
	x.Update(func() {
		for _, s := range samples {
			row, _ := x.Add(s.id)
			if s.labeled {
				x.SetLabels(row, s.labels)
			}
			splits.Set(row, s.split)
			if s.p != nil {
				t.Set(row, s.p)
			}
			groups[s.group] = append(groups[s.group], uint32(row))
		}
		for n := 1; n < 4; n++ {
			g.Put(groups[n])
		}
		x.Categories, x.Tables, x.Groupings = append(x.Categories, splits), append(x.Tables, t), append(x.Groupings, g)
		x.Thresholds = append(x.Thresholds, &Thresholds{"t", []float64{0.1, 0.2, 0.3, 0.4, 0.35}})
	})
	return x
}

func drawSamples(r *rapid.T) []known {
	n := rapid.IntRange(0, 300).Draw(r, "samples")
	list := make([]known, n)
	for i := range list {
		list[i] = known{
			id:      fmt.Sprintf("%s%03d", rapid.SampledFrom([]string{"plate_", "x", "plate_7_", ""}).Draw(r, "prefix"), i*7919%1000),
			labels:  data.Labels(rapid.Uint64Range(0, 1<<classes-1).Draw(r, "labels")),
			labeled: rapid.IntRange(0, 4).Draw(r, "labeled") > 0,
			split:   rapid.SampledFrom([]string{"", "train", "val"}).Draw(r, "split"),
			group:   rapid.IntRange(0, 3).Draw(r, "group"),
		}
		if rapid.IntRange(0, 5).Draw(r, "in table") > 0 {
			for range classes {
				list[i].p = append(list[i].p, float64(rapid.IntRange(0, 20).Draw(r, "p"))/20)
			}
		}
	}
	return list
}

// Every question is answered as one would answer it sample by sample.
func TestSelectIsAsOneByOne(t *testing.T) {
	thresholds := []float64{0.1, 0.2, 0.3, 0.4, 0.35}
	rapid.Check(t, func(r *rapid.T) {
		samples := drawSamples(r)
		x := filled(samples)
		kind := rapid.SampledFrom([]string{"", "tp", "fp", "fn", "tn", "right", "wrong"}).Draw(r, "verdict")
		label := rapid.IntRange(0, classes-1).Draw(r, "label")
		by := rapid.IntRange(0, 1).Draw(r, "by")
		text := rapid.SampledFrom([]string{"", "7", "plate_", "9x", "_7_0"}).Draw(r, "text")
		has := rapid.SampledFrom([]string{"", "1", "0,3"}).Draw(r, "has")
		not := rapid.SampledFrom([]string{"", "2"}).Draw(r, "not")
		in := rapid.SampledFrom([]string{"", "train", "val"}).Draw(r, "in")
		sort := rapid.SampledFrom([]string{"", "id", "p", "labels", "unsure", "error"}).Draw(r, "sort")
		low := float64(rapid.IntRange(0, 20).Draw(r, "low")) / 20
		ranged := rapid.Bool().Draw(r, "ranged")
		back := rapid.Bool().Draw(r, "back")

		v := url.Values{"text": {text}, "has": {has}, "not": {not}, "sort": {sort}, "label": {fmt.Sprint(label)}, "by": {fmt.Sprint(by)}}
		if kind != "" {
			v.Set("verdict", fmt.Sprintf("%s:%d", kind, label))
		}
		if ranged {
			v.Set("p", fmt.Sprintf("0:%d:%v:1", label, low))
		}
		if back {
			v.Set("back", "1")
		}
		if at := slices.Index(x.Categories[0].Values, in); in != "" && at > 0 {
			v.Set("in", fmt.Sprintf("0:%d", at))
		} else {
			in = ""
		}
		q, err := ParseQuestion(v)
		if err != nil {
			r.Fatal(err)
		}
		var want []int
		for i, s := range samples {
			set := func(list string) (l data.Labels) {
				l, _ = data.ParseLabels(strings.ReplaceAll(list, ",", " "), classes)
				return l
			}
			threshold := 0.5
			if by == 1 {
				threshold = thresholds[label]
			}
			said := s.p != nil && float32(s.p[label]) > float32(threshold)
			judged := map[string]bool{"": true, "tp": said && s.labels.Has(label), "fp": said && !s.labels.Has(label), "fn": !said && s.labels.Has(label), "tn": !said && !s.labels.Has(label),
				"right": said == s.labels.Has(label), "wrong": said != s.labels.Has(label)}[kind]
			switch {
			case !strings.Contains(s.id, text):
			case (has != "" || not != "") && (!s.labeled || s.labels&set(has) != set(has) || s.labels&set(not) != 0):
			case in != "" && s.split != in:
			case kind != "" && (s.p == nil || !s.labeled):
			case !judged:
			case ranged && (s.p == nil || float32(s.p[label]) < float32(low)):
			default:
				want = append(want, i)
			}
		}
		key := func(i int) float64 {
			switch s := samples[i]; {
			case sort == "labels" && s.labeled:
				return float64(s.labels.Len())
			case sort == "labels":
				return 0
			case s.p == nil || sort == "error" && !s.labeled:
				return 2 // last, in either order
			case sort == "unsure" || sort == "error":
				least, most := float32(2), float32(0)
				for n, p := range s.p {
					threshold := float32(0.5)
					if by == 1 {
						threshold = float32(thresholds[n])
					}
					d, wrong := float32(p)-threshold, float32(p)
					if s.labels.Has(n) {
						wrong = 1 - wrong
					}
					least, most = min(least, max(d, -d)), max(most, wrong)
				}
				if sort == "unsure" {
					return float64(least)
				}
				return float64(most)
			default:
				return s.p[label]
			}
		}
		slices.SortStableFunc(want, func(a, b int) int {
			switch sort {
			case "id":
				return cmp.Compare(samples[a].id, samples[b].id)
			case "p", "labels", "unsure", "error":
				c := cmp.Compare(key(a), key(b))
				if back && key(a) <= 1 && key(b) <= 1 || back && sort == "labels" {
					c = -c
				}
				return c
			}
			return 0
		})
		if back && (sort == "" || sort == "id") {
			slices.Reverse(want)
		}
		var got []int
		x.View(func() {
			rows, err := x.Select(t.Context(), "q", q)
			if err != nil {
				r.Fatal(err)
			}
			for _, row := range rows {
				got = append(got, int(row))
			}
		})
		if !slices.Equal(got, want) {
			r.Errorf("%v: %v, want %v", v, got, want)
		}
	})
}

// Scores and curves count what verdicts pick.
func TestScoresAreWhatVerdictsPick(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		x := filled(drawSamples(r))
		x.View(func() {
			all, err := x.Select(t.Context(), "all", Question{})
			if err != nil {
				r.Fatal(err)
			}
			scores, err := x.Scores(all, 0, 1)
			if err != nil {
				r.Fatal(err)
			}
			for n, s := range scores {
				count := func(kind string) int {
					rows, err := x.Select(t.Context(), fmt.Sprint(kind, n), Question{By: 1, Verdict: Verdict{kind, n}})
					if err != nil {
						r.Fatal(err)
					}
					return len(rows)
				}
				if s.TP != count("tp") || s.FP != count("fp") || s.FN != count("fn") {
					r.Errorf("label %d: %+v, but %d, %d, %d", n, s, count("tp"), count("fp"), count("fn"))
				}
				curve, err := x.Curve(all, 0, n)
				if err != nil {
					r.Fatal(err)
				}
				at := curve[int(s.Threshold*100+0.5)]
				if at.TP != s.TP || at.FP != s.FP || at.FN != s.FN {
					r.Errorf("label %d: at %v the curve has %+v, and the scores %+v", n, s.Threshold, at, s)
				}
			}
		})
	})
}

// Corrections are seen in filters at once, and are gone when they are.
func TestCorrect(t *testing.T) {
	x := filled([]known{{id: "a", labels: 1, labeled: true}, {id: "b"}, {id: "c", labels: 2, labeled: true}})
	pick := func(q Question) (rows []uint32) {
		x.View(func() { rows, _ = x.Select(t.Context(), fmt.Sprint(q), q) })
		return rows
	}
	q := Question{Has: data.LabelsOf(3)}
	if got := pick(q); len(got) != 0 {
		t.Fatal(got)
	}
	x.Update(func() {
		x.Correct(map[string]corrections.State{"a": {Added: data.LabelsOf(3)}, "b": {Exact: true, Labels: data.LabelsOf(3)}, "c": {Flagged: true}, "strange": {Flagged: true}})
	})
	if got := pick(q); !slices.Equal(got, []uint32{0, 1}) {
		t.Errorf("corrected: %v", got)
	}
	if got := pick(Question{Flags: map[string]bool{"flagged": true}}); !slices.Equal(got, []uint32{2}) {
		t.Errorf("flagged: %v", got)
	}
	x.Update(func() { x.Correct(map[string]corrections.State{"a": {}, "b": {}, "c": {}}) })
	x.View(func() {
		if a, b := x.Known(0), x.Known(1); a.Labels != 1 || a.Touched || b.Labeled || b.Touched {
			t.Errorf("undone: %+v, %+v", a, b)
		}
	})
	if got := pick(q); len(got) != 0 {
		t.Errorf("undone: %v", got)
	}
}

// Labels that come after a correction, as when somebody corrects while tables are read,
// are those that it corrects.
func TestLabelsComeAfterCorrections(t *testing.T) {
	x := filled([]known{{id: "a"}, {id: "b"}, {id: "c"}})
	states := map[string]corrections.State{"a": {Added: data.LabelsOf(3)}, "b": {Exact: true, Labels: data.LabelsOf(3)}, "c": {Flagged: true}}
	x.Update(func() { x.Correct(states) })
	x.Update(func() {
		for row := range x.Rows() {
			x.SetLabels(row, data.LabelsOf(1))
			x.SetLabels(row, data.LabelsOf(2)) // it is known
		}
	})
	for range 2 { // the same corrections again change nothing
		for row, want := range []data.Labels{data.LabelsOf(1, 3), data.LabelsOf(3), data.LabelsOf(1)} {
			if k := x.Known(row); k.Labels != want || !k.Labeled || k.Corrected.Before != data.LabelsOf(1) || !k.Corrected.BeforeLabeled {
				t.Errorf("%+v, want labels %s", k, want)
			}
		}
		x.Update(func() { x.Correct(states) })
	}
	x.Update(func() { x.Correct(map[string]corrections.State{"a": {}, "b": {}, "c": {}}) })
	for row := range x.Rows() {
		if k := x.Known(row); k.Labels != data.LabelsOf(1) || !k.Labeled {
			t.Errorf("without corrections: %+v", k)
		}
	}
}

func TestParseQuestionRefuses(t *testing.T) {
	for _, text := range []string{"has=64", "has=x", "in=1", "is=tall", "group=1", "p=0:1:0", "p=0:1:0:NaN", "verdict=maybe:1", "lasso=1,2,3", "lasso=1,2,3,4,5,Inf", "sort=size", "table=1e300", "source=mars"} {
		v, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseQuestion(v); err == nil {
			t.Errorf("%s is a question", text)
		}
	}
}

// What a question asks for that is not there is an error, never a panic.
func FuzzQuestion(f *testing.F) {
	for _, text := range []string{"has=1&sort=p&label=3", "verdict=wrong:-1&by=1", "group=0:1", "in=0:1&is=!image", "p=0:1:0:1&unsure=.1", "near=a&sort=near", "lasso=0,0,1,0,1,1", "table=-1&sort=error", "by=-3&verdict=fp:1", "group=-1:-9"} {
		f.Add(text)
	}
	x := filled([]known{{id: "a", labels: 1, labeled: true, p: []float64{0, 1, 0, 0.5, 0.2}}, {id: "b", group: 1}, {id: "c", group: 1}})
	f.Fuzz(func(t *testing.T, text string) {
		v, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		q, err := ParseQuestion(v)
		if err != nil {
			return
		}
		x.View(func() {
			rows, err := x.Select(t.Context(), text, q)
			if err == nil {
				x.Count(rows)
			}
		})
	})
}
