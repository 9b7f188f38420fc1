// Command peak writes the loops that measure how fast this processor
// multiplies and adds.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	// Two units that take four or five cycles are kept busy by ten independent
	// sums at least. Two registers hold what is multiplied.
	peak("fmaPeak", 12, 8, YMM)
	peak("wideFmaPeak", 24, 16, ZMM)
	Generate()
}

// peak writes a loop of so many independent sums of so many values each.
func peak(name string, sums, lanes int, register func() reg.VecVirtual) {
	TEXT(name, NOSPLIT, "func(n int)")
	Doc(fmt.Sprintf("%s does n rounds of %d multiply-adds of %d values each, in registers.", name, sums, lanes))
	n := Load(Param("n"), GP64())
	a, b := register(), register()
	VXORPS(a, a, a)
	VXORPS(b, b, b)
	acc := make([]reg.VecVirtual, sums)
	for i := range acc {
		acc[i] = register()
		VXORPS(acc[i], acc[i], acc[i])
	}
	Label("round")
	for i := range acc {
		VFMADD231PS(a, b, acc[i])
	}
	DECQ(n)
	JNZ(LabelRef("round"))
	VZEROUPPER()
	RET()
}
