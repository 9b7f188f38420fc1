package draw

// Arrangement is how boxes stand in rows from top to bottom, each below all that
// it reads. Spots are numbered: the boxes first, then the joints by which edges
// pass the rows between their ends.
type Arrangement struct {
	Rows  [][]int `json:"rows"`  // the spots of each row, from left to right
	Paths [][]int `json:"paths"` // of each edge: box, joints, box
}

// Arrange puts boxes and the edges between them, by number, into rows as drawings
// do, for who draws them elsewhere. Edges lead to boxes with higher numbers.
func Arrange(boxes int, edges [][2]int) Arrangement {
	a := Arrangement{Rows: [][]int{}, Paths: [][]int{}}
	if boxes == 0 {
		return a
	}
	d := &drawing{nodes: make([]box, boxes)}
	for _, e := range edges {
		d.edges = append(d.edges, arrow{from: e[0], to: e[1]})
	}
	widths := make([]float64, boxes)
	for i := range widths {
		widths[i] = 1
	}
	l := d.arrange(widths, 1)
	number := map[*spot]int{}
	for i, s := range l.spots {
		number[s] = i
	}
	numbers := func(spots []*spot) []int {
		var list []int
		for _, s := range spots {
			list = append(list, number[s])
		}
		return list
	}
	for _, row := range l.rows {
		a.Rows = append(a.Rows, numbers(row))
	}
	for _, path := range l.paths {
		a.Paths = append(a.Paths, numbers(path))
	}
	return a
}
