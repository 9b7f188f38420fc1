package units

import (
	"fmt"
	"strconv"
	"strings"
)

// Choice is which units a worker is to do: one, or those that are K modulo N.
type Choice struct{ K, N int }

// Of lists the units among so many. A unit past the last is none.
func (c Choice) Of(units int) (list []int) {
	if c.N == 0 {
		if c.K < units {
			return []int{c.K}
		}
		return nil
	}
	for unit := c.K; unit < units; unit += c.N {
		list = append(list, unit)
	}
	return list
}

// Beyond says that the choice names a unit past the last, or shares out all.
func (c Choice) Beyond(units int) bool { return c.N > 0 || c.K >= units }

// variables are where schedulers say which task of an array this is. The ids of
// some start at 1.
var variables = []struct {
	name string
	from int
}{
	{"SLURM_ARRAY_TASK_ID", 0},
	{"JOB_COMPLETION_INDEX", 0}, // Kubernetes
	{"AWS_BATCH_JOB_ARRAY_INDEX", 0},
	{"PBS_ARRAY_INDEX", 0},
	{"SGE_TASK_ID", 1},
	{"LSB_JOBINDEX", 1}, // LSF
}

// ParseChoice reads a choice: K, K/N, or auto, which asks the variables of the
// schedulers by lookup.
func ParseChoice(text string, lookup func(string) (string, bool)) (Choice, error) {
	if text == "auto" {
		return auto(lookup)
	}
	k, n, shared := strings.Cut(text, "/")
	c := Choice{}
	var err error
	if c.K, err = number(k); err == nil && shared {
		c.N, err = number(n)
	}
	switch {
	case err != nil:
		return c, fmt.Errorf("%q is no unit: want a number from 0, K/N, or auto", text)
	case shared && c.N < 1:
		return c, fmt.Errorf("%q shares units among %d workers", text, c.N)
	case shared && c.K >= c.N:
		return c, fmt.Errorf("%q: K is 0 to %d, N being %d", text, c.N-1, c.N)
	}
	return c, nil
}

func auto(lookup func(string) (string, bool)) (Choice, error) {
	var seen []string
	var found Choice
	for _, v := range variables {
		text, set := lookup(v.name)
		if !set {
			continue
		}
		id, err := number(text)
		if text == "undefined" || text == "" || v.from == 1 && err == nil && id == 0 {
			continue // a job that is no array
		}
		if err != nil {
			return found, fmt.Errorf("%s is %q, no number of a task", v.name, text)
		}
		if len(seen) == 0 {
			found = Choice{K: id - v.from}
		}
		seen = append(seen, v.name)
	}
	switch len(seen) {
	case 1:
		return found, nil
	case 0:
		names := make([]string, len(variables))
		for i, v := range variables {
			names[i] = v.name
		}
		return found, fmt.Errorf("this is no task of an array: none of %s says which; give --unit K or K/N", strings.Join(names, ", "))
	}
	return found, fmt.Errorf("both %s say which task this is; give --unit K or K/N", strings.Join(seen, " and "))
}

// number reads a whole number from 0.
func number(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || text != strconv.Itoa(n) {
		return 0, fmt.Errorf("%q is no number", text)
	}
	return n, nil
}

// Ranges writes sorted numbers as schedulers take them: 3,17,40-44.
func Ranges(sorted []int) string {
	var b strings.Builder
	for i := 0; i < len(sorted); {
		j := i
		for j+1 < len(sorted) && sorted[j+1] == sorted[j]+1 {
			j++
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(sorted[i]))
		if j > i {
			fmt.Fprintf(&b, "-%d", sorted[j])
		}
		i = j + 1
	}
	return b.String()
}
