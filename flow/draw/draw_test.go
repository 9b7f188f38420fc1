package draw_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"hpaflow/flow/draw"
	"hpaflow/flow/lang/langtest"
)

func TestDraw(t *testing.T) {
	langtest.Golden(t, "drawings", func(t *testing.T, a *txtar.Archive) map[string]string {
		plan, faults := langtest.Parsed(a)
		if faults != nil {
			t.Fatal(faults)
		}
		got := map[string]string{}
		for _, format := range draw.Formats {
			var b bytes.Buffer
			if err := draw.Plan(&b, plan, format); err != nil {
				t.Fatal(err)
			}
			got[format] = b.String()
		}
		return got
	})
}

func TestDrawRefusesUnknownFormats(t *testing.T) {
	err := draw.Plan(&strings.Builder{}, langtest.Planned(t, langtest.Components(), langtest.Runnable), "png")
	if err == nil || err.Error() != `unknown format "png", want dot, mermaid, svg` {
		t.Errorf("error %v", err)
	}
}
