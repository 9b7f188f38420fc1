package main

import (
	"runtime/debug"
	"testing"
)

// TestStamps asks for the version of builds that were not stamped.
func TestStamps(t *testing.T) {
	built := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: version}, Settings: settings}
	}
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "4f0c"}
	for _, test := range []struct {
		info            *debug.BuildInfo
		release, source string
	}{
		{nil, "(devel)", "unknown"},
		{built(""), "(devel)", "unknown"},
		{built("v1.2.0", revision), "v1.2.0", "4f0c"},
		{built("(devel)", revision, debug.BuildSetting{Key: "vcs.modified", Value: "false"}), "(devel)", "4f0c"},
		{built("(devel)", revision, debug.BuildSetting{Key: "vcs.modified", Value: "true"}), "(devel)", "4f0c, modified"},
	} {
		if release, source := stampsOr(test.info); release != test.release || source != test.source {
			t.Errorf("%+v: %q, %q, want %q, %q", test.info, release, source, test.release, test.source)
		}
	}
}
