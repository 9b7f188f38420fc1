package augment

import (
	"maps"
	"math/rand/v2"
	"slices"

	"hpaflow/data/pixel"
)

// kind is a sort of operation: the numbers it takes, the ranges the search
// draws them from, and how it is done.
type kind struct {
	numbers []number
	do      func(c *canvas, r *rand.Rand, n numbers)
}

// number is a named number of an operation, or a pair that spans a range.
type number struct {
	name     string
	min, max float64
	whole    bool
	pair     bool
	search   func(r *rand.Rand) []float64
}

func (n number) count() int {
	if n.pair {
		return 2
	}
	return 1
}

// numbers are an operation's, checked.
type numbers map[string][]float64

func (n numbers) float(name string) float64 { return n[name][0] }

// around draws from -limit..limit.
func (n numbers) around(r *rand.Rand, name string) float64 {
	return uniform(r, -n.float(name), n.float(name))
}

// size draws the side of a blur's kernel: an odd number from 3 to the limit.
func (n numbers) size(r *rand.Rand) int { return 3 + 2*r.IntN((int(n.float("blur_limit"))-1)/2) }

func uniform(r *rand.Rand, from, to float64) float64 { return from + (to-from)*r.Float64() }

// kinds are the operations by name. Limits give ranges that are drawn from
// uniformly.
var kinds = map[string]kind{
	"RandomContrast": {
		[]number{{name: "limit", max: 1, search: between(.1, .3)}},
		func(c *canvas, r *rand.Rand, n numbers) { c.contrast(1 + n.around(r, "limit")) }},
	"RandomBrightness": {
		[]number{{name: "limit", max: 1, search: between(.1, .3)}},
		func(c *canvas, r *rand.Rand, n numbers) { c.brightness(n.around(r, "limit")) }},
	"RandomGamma": {
		[]number{{name: "gamma_limit", min: 1, max: 1000, whole: true, pair: true,
			search: func(r *rand.Rand) []float64 { return []float64{wholeBetween(r, 70, 90), wholeBetween(r, 110, 130)} }}},
		func(c *canvas, r *rand.Rand, n numbers) {
			limits := n["gamma_limit"]
			c.gamma(wholeBetween(r, limits[0], limits[1]) / 100)
		}},
	"InvertImg": {nil,
		func(c *canvas, _ *rand.Rand, _ numbers) { c.invert() }},
	"Blur": {
		[]number{{name: "blur_limit", min: 3, max: pixel.MaxBlur, whole: true, search: wholes(3, 5)}},
		func(c *canvas, r *rand.Rand, n numbers) { c.image().Blur(n.size(r)) }},
	"MotionBlur": {
		[]number{{name: "blur_limit", min: 3, max: pixel.MaxBlur, whole: true, search: wholes(3, 5)}},
		func(c *canvas, r *rand.Rand, n numbers) {
			size := n.size(r)
			from, to := r.IntN(size*size), r.IntN(size*size-1)
			if to >= from {
				to++
			}
			c.image().MotionBlur(size, pixel.Cell{X: from % size, Y: from / size}, pixel.Cell{X: to % size, Y: to / size})
		}},
	"Rotate": {
		[]number{{name: "limit", max: 180, search: wholes(5, 45)}},
		func(c *canvas, r *rand.Rand, n numbers) { c.shiftScaleRotate(0, 0, 1, n.around(r, "limit")) }},
	"ShiftScaleRotate": {
		[]number{
			{name: "shift_limit", max: 1, search: between(.03, .12)},
			{name: "scale_limit", max: .99, search: between(0, 0)},
			{name: "rotate_limit", max: 180, search: between(0, 0)}},
		func(c *canvas, r *rand.Rand, n numbers) {
			angle, scale := n.around(r, "rotate_limit"), 1+n.around(r, "scale_limit")
			c.shiftScaleRotate(n.around(r, "shift_limit"), n.around(r, "shift_limit"), scale, angle)
		}},
	"RandomScale": {
		[]number{{name: "scale_limit", max: .99, search: between(.05, .2)}},
		func(c *canvas, r *rand.Rand, n numbers) { c.scale(1 + n.around(r, "scale_limit")) }},
	"GridDistortion": {
		[]number{
			{name: "num_steps", min: 1, max: 1000, whole: true, search: wholes(3, 5)},
			{name: "distort_limit", max: .99, search: between(.1, .5)}},
		func(c *canvas, r *rand.Rand, n numbers) {
			steps := int(n.float("num_steps"))
			stretch := [2][]float64{make([]float64, steps+1), make([]float64, steps+1)}
			for _, s := range stretch {
				for i := range s {
					s[i] = 1 + n.around(r, "distort_limit")
				}
			}
			c.gridDistortion(steps, stretch[0], stretch[1])
		}},
	"ElasticTransform": {
		[]number{
			{name: "alpha", max: 1e5, search: between(1, 1)},
			{name: "sigma", min: .5, max: 1e4, search: wholes(30, 70)},
			{name: "alpha_affine", max: 1e4, search: wholes(30, 70)}},
		func(c *canvas, r *rand.Rand, n numbers) {
			var moves [3][2]float64
			for i := range moves {
				for j := range moves[i] {
					moves[i][j] = n.around(r, "alpha_affine")
				}
			}
			c.elasticAffine(moves)
			c.elasticField(r, n.float("alpha"), n.float("sigma"))
		}},
}

// Kinds are the names of the operations, in order.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

func between(from, to float64) func(*rand.Rand) []float64 {
	return func(r *rand.Rand) []float64 { return []float64{uniform(r, from, to)} }
}

func wholes(from, to float64) func(*rand.Rand) []float64 {
	return func(r *rand.Rand) []float64 { return []float64{wholeBetween(r, from, to)} }
}

// wholeBetween draws a whole number; both ends are possible.
func wholeBetween(r *rand.Rand, from, to float64) float64 {
	return from + float64(r.IntN(int(to-from)+1))
}

// pairsOfSet is how many pairs a search looks for together.
const pairsOfSet = 5

// Draw gives a set drawn from the search space: any kind as likely as another,
// a probability of 0, .25, .5 or .75, and numbers from their ranges.
func Draw(r *rand.Rand) Set {
	names := Kinds()
	set := make(Set, pairsOfSet)
	for i := range set {
		for j := range set[i] {
			o := Operation{Kind: names[r.IntN(len(names))], P: .25 * float64(r.IntN(4)), Numbers: map[string][]float64{}}
			for _, n := range kinds[o.Kind].numbers {
				o.Numbers[n.name] = n.search(r)
			}
			set[i][j] = o
		}
	}
	return set
}
