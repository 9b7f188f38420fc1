package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/cpu"

	"hpaflow/models/devices"
)

// What .ci/release stamps into a build: -ldflags "-X main.version=v1.2.0 -X main.commit=4f0c...".
var version, commit string

// processor lists what sets machines apart where kernels are chosen.
var processor = []struct {
	name string
	here bool
}{
	{"AVX2", cpu.X86.HasAVX2},
	{"FMA", cpu.X86.HasFMA},
	{"BMI2", cpu.X86.HasBMI2},
	{"AVX-512", cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL},
	{"NEON", cpu.ARM64.HasASIMD},
	{"SVE", cpu.ARM64.HasSVE},
	{"SVE2", cpu.ARM64.HasSVE2},
}

func init() {
	cli.VersionPrinter = func(c *cli.Context) { printVersion(c.App.Writer) }
}

// printVersion answers hpaflow --version.
func printVersion(w io.Writer) {
	release, source := stamps()
	var found []string
	for _, feature := range processor {
		if feature.here {
			found = append(found, feature.name)
		}
	}
	fmt.Fprintf(w, "hpaflow %s\n", release)
	fmt.Fprintf(w, "commit   %s\n", source)
	fmt.Fprintf(w, "go       %s, %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(w, "cpu      %s\n", cmp.Or(strings.Join(found, ", "), "plain"))
	fmt.Fprintf(w, "devices  %s\n", strings.Join(devices.Kinds(), ", "))
}

// stamps are the version and the commit of this build.
func stamps() (release, source string) {
	info, _ := debug.ReadBuildInfo()
	return stampsOr(info)
}

// stampsOr are those of the release, else what the go command noted. The note
// may be nil.
func stampsOr(info *debug.BuildInfo) (release, source string) {
	release, source = version, commit
	if info != nil {
		release = cmp.Or(release, info.Main.Version)
		source = cmp.Or(source, noted(info))
	}
	return cmp.Or(release, "(devel)"), cmp.Or(source, "unknown")
}

// noted is the commit in the go command's note, empty where it was told to
// look at none.
func noted(info *debug.BuildInfo) string {
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	if setting["vcs.revision"] != "" && setting["vcs.modified"] == "true" {
		return setting["vcs.revision"] + ", modified"
	}
	return setting["vcs.revision"]
}
