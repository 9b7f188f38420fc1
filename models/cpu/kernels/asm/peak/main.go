// Command peak writes the loop that measures how fast this processor
// multiplies and adds.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sums is how many independent sums are needed to keep two units busy that
// take four or five cycles: at least ten. Three registers hold constants.
const sums = 12

func main() {
	ConstraintExpr("!purego")
	TEXT("fmaPeak", NOSPLIT, "func(n int)")
	Doc("fmaPeak does n rounds of 12 multiply-adds of 8 values each, in registers.")
	n := Load(Param("n"), GP64())
	a, b := YMM(), YMM()
	VXORPS(a, a, a)
	VXORPS(b, b, b)
	acc := make([]reg.VecVirtual, sums)
	for i := range acc {
		acc[i] = YMM()
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
	Generate()
}
