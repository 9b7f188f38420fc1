// Command asm writes the assembly of package deflate: run go generate there. It
// is a module of its own because the generator's dependencies are not those of
// the program.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("!purego")
	adler()
	inflate()
	Generate()
}
