package units_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hpaflow/flow/units"
)

func TestParseChoice(t *testing.T) {
	for _, c := range []struct {
		text, environment string
		want              units.Choice
		fault             string
	}{
		{"0", "", units.Choice{}, ""},
		{"41", "", units.Choice{K: 41}, ""},
		{"7/40", "", units.Choice{K: 7, N: 40}, ""},
		{"0/1", "", units.Choice{N: 1}, ""},
		{"40/40", "", units.Choice{}, "K is 0 to 39"},
		{"0/0", "", units.Choice{}, "among 0 workers"},
		{"-1", "", units.Choice{}, "is no unit"},
		{"", "", units.Choice{}, "is no unit"},
		{"1e3", "", units.Choice{}, "is no unit"},
		{"+1", "", units.Choice{}, "is no unit"},
		{"007", "", units.Choice{}, "is no unit"},
		{"auto", "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_COUNT=2", units.Choice{K: 3}, ""},
		{"auto", "SLURM_ARRAY_TASK_ID=0", units.Choice{}, ""},
		{"auto", "JOB_COMPLETION_INDEX=9", units.Choice{K: 9}, ""},
		{"auto", "AWS_BATCH_JOB_ARRAY_INDEX=2", units.Choice{K: 2}, ""},
		{"auto", "PBS_ARRAY_INDEX=5", units.Choice{K: 5}, ""},
		{"auto", "SGE_TASK_ID=1", units.Choice{}, ""},
		{"auto", "SGE_TASK_ID=40", units.Choice{K: 39}, ""},
		{"auto", "LSB_JOBINDEX=2", units.Choice{K: 1}, ""},
		{"auto", "SGE_TASK_ID=undefined", units.Choice{}, "no task of an array"},
		{"auto", "SGE_TASK_ID=0", units.Choice{}, "no task of an array"},
		{"auto", "LSB_JOBINDEX=0", units.Choice{}, "no task of an array"},
		{"auto", "SLURM_ARRAY_TASK_ID=", units.Choice{}, "no task of an array"},
		{"auto", "", units.Choice{}, "no task of an array"},
		{"auto", "SLURM_ARRAY_TASK_ID=x", units.Choice{}, "no number of a task"},
		{"auto", "SLURM_ARRAY_TASK_ID=1 LSB_JOBINDEX=2", units.Choice{}, "both SLURM_ARRAY_TASK_ID and LSB_JOBINDEX"},
		{"auto", "SLURM_ARRAY_TASK_ID=1 SGE_TASK_ID=undefined LSB_JOBINDEX=0", units.Choice{K: 1}, ""},
	} {
		variables := map[string]string{}
		for _, set := range strings.Fields(c.environment) {
			name, value, _ := strings.Cut(set, "=")
			variables[name] = value
		}
		got, err := units.ParseChoice(c.text, func(name string) (string, bool) { v, set := variables[name]; return v, set })
		switch {
		case c.fault == "" && (err != nil || got != c.want):
			t.Errorf("%s, %s: %v, %v; want %v", c.text, c.environment, got, err, c.want)
		case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)):
			t.Errorf("%s, %s: %v, want %q", c.text, c.environment, err, c.fault)
		}
	}
}

// Shares of N workers are all units, each once; a unit past the last is none.
func TestChoiceOf(t *testing.T) {
	for _, n := range []int{1, 2, 7, 40} {
		var all []int
		for k := range n {
			all = append(all, units.Choice{K: k, N: n}.Of(13)...)
		}
		slices.Sort(all)
		if got := fmt.Sprint(all); got != "[0 1 2 3 4 5 6 7 8 9 10 11 12]" {
			t.Errorf("%d workers: %s", n, got)
		}
	}
	if got := (units.Choice{K: 13}).Of(13); len(got) > 0 {
		t.Errorf("past the last: %v", got)
	}
	if got := (units.Choice{K: 12}).Of(13); fmt.Sprint(got) != "[12]" {
		t.Errorf("the last: %v", got)
	}
}

func TestRanges(t *testing.T) {
	for _, c := range []struct {
		list []int
		want string
	}{
		{nil, ""}, {[]int{0}, "0"}, {[]int{0, 1}, "0-1"}, {[]int{3, 17, 40, 41, 42, 43, 44}, "3,17,40-44"}, {[]int{0, 2, 3, 5}, "0,2-3,5"},
	} {
		if got := units.Ranges(c.list); got != c.want {
			t.Errorf("%v: %s, want %s", c.list, got, c.want)
		}
	}
	for range 200 { // and back
		var list []int
		for n := range 40 {
			if rand.IntN(2) == 0 {
				list = append(list, n)
			}
		}
		var back []int
		for part := range strings.SplitSeq(units.Ranges(list), ",") {
			from, to, many := strings.Cut(part, "-")
			first, err := strconv.Atoi(from)
			if err != nil && len(list) > 0 {
				t.Fatal(err)
			}
			last := first
			if many {
				last, _ = strconv.Atoi(to)
			}
			for n := first; n <= last && part != ""; n++ {
				back = append(back, n)
			}
		}
		if !slices.Equal(back, list) {
			t.Fatalf("%v is written as %s", list, units.Ranges(list))
		}
	}
}
