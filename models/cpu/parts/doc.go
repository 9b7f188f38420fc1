// Package parts cuts the steps of a network that predicts into parts, each for as
// many samples at once as suits it: few where results are large, so that a cache
// still has them when the next step reads them; many where weights are, so that
// these are read less often. It knows sizes alone, and runs nothing.
package parts
