package lang_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"hpaflow/flow/lang"
)

func TestDraw(t *testing.T) {
	golden(t, "drawings", func(t *testing.T, a *txtar.Archive) map[string]string {
		plan, faults := parsed(a)
		if faults != nil {
			t.Fatal(faults)
		}
		got := map[string]string{}
		for _, format := range lang.DrawFormats {
			var b bytes.Buffer
			if err := lang.Draw(&b, plan, format); err != nil {
				t.Fatal(err)
			}
			got[format] = b.String()
		}
		return got
	})
}

func TestDrawRefusesUnknownFormats(t *testing.T) {
	err := lang.Draw(&strings.Builder{}, planned(t, components(), runnable), "png")
	if err == nil || err.Error() != `unknown format "png", want dot, mermaid, svg` {
		t.Errorf("error %v", err)
	}
}
