package view

import (
	"context"
	"runtime"
	"sync"
)

// selections are the last answers, so that scrolling asks once. A million rows are 4 MB.
type selections struct {
	mu   sync.Mutex
	list []selection
}

type selection struct {
	key     string
	version uint64
	rows    []uint32
}

const keptSelections = 6

// Select gives the rows that a question picks, in its order. The key is the question as
// text, under which the answer is kept. The caller must not change the rows.
func (x *Index) Select(ctx context.Context, key string, q Question) ([]uint32, error) {
	if err := x.check(&q); err != nil {
		return nil, err
	}
	if rows, ok := x.cache.get(key, x.version); ok {
		return rows, nil
	}
	in := x.filter(&q)
	if err := ctx.Err(); err != nil {
		return nil, err // nobody waits for it any more
	}
	rows := x.sorted(in, &q)
	x.cache.put(selection{key, x.version, rows})
	return rows, nil
}

func (s *selections) get(key string, version uint64) ([]uint32, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, one := range s.list {
		if one.key == key && one.version == version {
			copy(s.list[1:i+1], s.list[:i])
			s.list[0] = one
			return one.rows, true
		}
	}
	return nil, false
}

func (s *selections) put(one selection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append([]selection{one}, s.list[:min(len(s.list), keptSelections-1)]...)
}

// filter is the rows that a question picks.
func (x *Index) filter(q *Question) bitset {
	in := full(x.Rows())
	if q.Text != "" {
		found := newBitset(x.Rows())
		x.ids.containing(q.Text, found)
		in.and(found)
	}
	sets := x.sets()
	for _, name := range flagNames {
		want, asked := q.Flags[name]
		switch {
		case !asked:
		case name == "grouped":
			spread(in, func(row int) bool { return x.grouped(row) == want })
		case want:
			in.and(sets[name])
		default:
			in.andNot(sets[name])
		}
	}
	if q.Has|q.Not != 0 {
		spread(in, func(row int) bool { return x.labels[row]&q.Has == q.Has && x.labels[row]&q.Not == 0 })
		in.and(x.labeled)
	}
	if q.Sources != 0 {
		spread(in, func(row int) bool { return q.Sources>>x.source[row]&1 == 1 })
	}
	for _, one := range q.In {
		of, value := x.Categories[one.Category].of, uint8(one.Value)
		spread(in, func(row int) bool { return of[row] == value })
	}
	if q.Group > 0 {
		want := uint32(q.Group)
		of := x.Groupings[q.Groups].of
		spread(in, func(row int) bool { return of[row] == want })
	} else if q.Group < 0 {
		of := x.Groupings[q.Groups].of
		spread(in, func(row int) bool { return of[row] != 0 })
	}
	for _, b := range q.Between {
		t := x.Tables[b.Table]
		in.and(t.has)
		if b.Label < len(t.p) {
			p := t.p[b.Label]
			spread(in, func(row int) bool { return p[row] >= b.Low && p[row] <= b.High })
		}
	}
	if q.Verdict.Kind != "" {
		x.judge(in, q)
	}
	if q.Unsure > 0 {
		t, by := x.Tables[q.Table], x.by(q)
		in.and(t.has)
		spread(in, func(row int) bool { return t.margin(row, by) <= q.Unsure })
	}
	if q.Lasso != nil {
		spread(in, func(row int) bool { return x.Map.x[row] == x.Map.x[row] && q.Lasso.has(x.Map.x[row], x.Map.y[row]) })
	}
	return in
}

// sets are the rows of each flag, but of grouped.
func (x *Index) sets() map[string]bitset {
	return map[string]bitset{"image": x.imaged, "labelled": x.labeled, "dead": x.dead, "flagged": x.flagged, "corrected": x.changed, "noted": x.noted}
}

// spread keeps the rows that a test holds for, on all processors.
func spread(in bitset, test func(row int) bool) {
	const piece = 1024 // words: 65,536 rows
	workers := min(runtime.GOMAXPROCS(0), (len(in)+piece-1)/piece)
	if workers < 2 {
		in.keep(test)
		return
	}
	var done sync.WaitGroup
	for w := range workers {
		from, to := len(in)*w/workers, len(in)*(w+1)/workers
		done.Go(func() { in[from:to].keep(func(row int) bool { return test(row + 64*from) }) })
	}
	done.Wait()
}

func (x *Index) grouped(row int) bool {
	for _, g := range x.Groupings {
		if g.of[row] != 0 {
			return true
		}
	}
	return false
}

// judge keeps the rows for which a table is right, or wrong, as it is asked.
func (x *Index) judge(in bitset, q *Question) {
	t, by, label := x.Tables[q.Table], x.by(q), q.Verdict.Label
	in.and(t.has)
	in.and(x.labeled)
	if label < 0 {
		spread(in, func(row int) bool {
			said, truth := t.Decision(row, by), x.labels[row]
			switch q.Verdict.Kind {
			case "fp":
				return said&^truth != 0
			case "fn":
				return truth&^said != 0
			case "tp":
				return said&truth != 0
			case "wrong":
				return said != truth
			default: // right, tn
				return said == truth
			}
		})
		return
	}
	spread(in, func(row int) bool {
		said, truth := t.decides(row, label, by), x.labels[row].Has(label)
		switch q.Verdict.Kind {
		case "tp":
			return said && truth
		case "fp":
			return said && !truth
		case "fn":
			return !said && truth
		case "tn":
			return !said && !truth
		case "right":
			return said == truth
		default:
			return said != truth
		}
	})
}

// margin is how near a row's probabilities come to their thresholds.
func (t *Table) margin(row int, by *Thresholds) float32 {
	least := float32(2)
	for n := range t.p {
		d := t.p[n][row] - by.at(n)
		least = min(least, max(d, -d))
	}
	return least
}

// mistake is how far the worst of a row's probabilities is from its label.
func (t *Table) mistake(row int, truth uint64) float32 {
	var most float32
	for n := range t.p {
		d := t.p[n][row]
		if truth>>n&1 == 1 {
			d = 1 - d
		}
		most = max(most, d)
	}
	return most
}
