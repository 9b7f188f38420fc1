package processor_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"hpaflow/data/processor"
)

// TestMain is this test's own process, which says what may be used, or the tests.
func TestMain(m *testing.M) {
	if os.Getenv("SAY") == "" {
		os.Exit(m.Run())
	}
	fmt.Print(processor.AVX2, processor.FMA, processor.BMI2, processor.AVX512, processor.Check())
}

// The variable caps what is used, and never adds what the machine has not.
func TestVariable(t *testing.T) {
	all := cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL
	small := fmt.Sprint(cpu.X86.HasAVX2, cpu.X86.HasFMA, cpu.X86.HasBMI2)
	for _, c := range []struct{ set, want string }{
		{"", fmt.Sprint(small, " ", all, nil)},
		{"avx512", fmt.Sprint(small, " ", all, nil)},
		{"avx2", fmt.Sprint(small, " ", false, nil)},
		{"plain", fmt.Sprint(false, false, false, false, nil)},
		{"sse9", fmt.Sprint(small, " ", all, ` HPAFLOW_CPU is "sse9", want plain, avx2 or avx512`)},
	} {
		said := exec.Command(os.Args[0])
		said.Env = append(os.Environ(), "SAY=yes", "HPAFLOW_CPU="+c.set)
		out, err := said.Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(strings.Fields(string(out)), " "); got != strings.Join(strings.Fields(c.want), " ") {
			t.Errorf("HPAFLOW_CPU=%s: %s, want %s", c.set, got, c.want)
		}
	}
}
