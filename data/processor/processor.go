// Package processor says which instructions assembly of ours may use: those that
// the machine has, unless the environment asks for fewer.
//
// HPAFLOW_CPU caps them: plain uses none beyond what Go itself does, avx2 leaves
// those of AVX-512 out, and avx512, as if nothing were set, uses all there are. It
// is for work that several kinds of machines share whose results are to be the same
// to the last bit: what is computed in floating point differs a little between
// kinds. Pixels, files and hashes do not.
//
// Whoever chooses between assembly and plain Go asks here and nowhere else. A
// value that is none of these caps nothing, and Check says so.
package processor

import (
	"fmt"
	"os"

	"golang.org/x/sys/cpu"
)

// Variable is the name of the environment variable.
const Variable = "HPAFLOW_CPU"

// What may be used.
var (
	AVX2   = cpu.X86.HasAVX2 && limit() != plain
	FMA    = cpu.X86.HasFMA && limit() != plain
	BMI2   = cpu.X86.HasBMI2 && limit() != plain
	AVX512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && limit() != plain && limit() != avx2
)

const (
	plain  = "plain"
	avx2   = "avx2"
	avx512 = "avx512"
)

func limit() string { return os.Getenv(Variable) }

// Check says why the variable's value means nothing.
func Check() error {
	switch c := limit(); c {
	case "", plain, avx2, avx512:
		return nil
	default:
		return fmt.Errorf("%s is %q, want %s, %s or %s", Variable, c, plain, avx2, avx512)
	}
}
