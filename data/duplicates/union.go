package duplicates

// Union is a forest of disjoint sets of the numbers 0..n-1: joining and finding
// take logarithmic time at worst, and next to none in practice.
type Union []int32

// NewUnion makes n sets of one number each.
func NewUnion(n int) Union {
	u := make(Union, n)
	for i := range u {
		u[i] = int32(i)
	}
	return u
}

// Find gives the smallest number in the set of i.
func (u Union) Find(i int) int {
	at := int32(i)
	for u[at] != at {
		u[at] = u[u[at]]
		at = u[at]
	}
	return int(at)
}

// Join makes one set of those of a and b.
func (u Union) Join(a, b int) {
	ra, rb := int32(u.Find(a)), int32(u.Find(b))
	u[max(ra, rb)] = min(ra, rb)
}
