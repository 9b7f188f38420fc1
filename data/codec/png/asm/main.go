// Command asm writes the assembly of package png: run go generate there. It
// is a module of its own because the generator's dependencies are not those of
// the program.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("!purego")
	skew()
	unskew()
	wave("wavePixel", true)
	wave("wave", false)
	average()
	interleave4()
	split4()
	Generate()
}
