package statedict

import (
	"slices"
	"strings"
)

// prefixes are what programs put before the names of a network that is part of
// a larger module, also one inside another: module.model.conv1.weight.
var prefixes = []string{"model.", "module.", "backbone.", "encoder.", "net.", "network.", "_orig_mod."}

// renaming gives tensors of a file the names that a network knows.
type renaming struct {
	main  string // the prefixes that most of the network's tensors have
	known map[string]bool
}

// renamingOf finds the prefixes that lead to the most names that are known; of
// equals, the shortest.
func renamingOf(tensors []Tensor, known map[string]bool) renaming {
	counts := map[string]int{}
	for _, t := range tensors {
		for _, chain := range chains(t.Name) {
			if known[t.Name[len(chain):]] {
				counts[chain]++
			}
		}
	}
	r := renaming{known: known}
	for chain, n := range counts {
		most := counts[r.main]
		if n > most || n == most && (len(chain) < len(r.main) || len(chain) == len(r.main) && chain < r.main) {
			r.main = chain
		}
	}
	return r
}

// chains are the prefixes that a name can be said to have, none first.
func chains(name string) []string {
	list := []string{""}
	for at := 0; ; {
		i := slices.IndexFunc(prefixes, func(p string) bool { return strings.HasPrefix(name[at:], p) })
		if i < 0 {
			return list
		}
		at += len(prefixes[i])
		list = append(list, name[:at])
	}
}

// rename gives the tensors without counters, in their order, with names that
// the network knows where there is one that no other tensor has: the rest of a
// network may lie beside its head, under other prefixes.
func (r renaming) rename(tensors []Tensor) []Tensor {
	taken := map[string]bool{}
	for _, t := range tensors {
		if rest, under := strings.CutPrefix(t.Name, r.main); under && r.known[rest] {
			taken[rest] = true
		}
	}
	var list []Tensor
	for _, t := range tensors {
		if strings.HasSuffix(t.Name, counter) {
			continue
		}
		if rest, under := strings.CutPrefix(t.Name, r.main); under && r.known[rest] {
			t.Name = rest
		} else if i := slices.IndexFunc(chains(t.Name), func(chain string) bool { return r.known[t.Name[len(chain):]] }); i >= 0 {
			rest := t.Name[len(chains(t.Name)[i]):]
			if taken[rest] {
				t.Name = "another " + t.Name // which is not used, and may have the very name
			} else {
				t.Name, taken[rest] = rest, true
			}
		}
		list = append(list, t)
	}
	return list
}
