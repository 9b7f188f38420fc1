package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestLossesKeepAll: what is put in comes out, in order, wherever the key stands
// in what is said of the record.
func TestLossesKeepAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab/:\x00 ]{0,12}`)
		want := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Loss {
			key := rapid.StringMatching(`[ab/]{0,3}`).Draw(t, "key")
			around := func(name string) string {
				return text.Draw(t, name) + rapid.SampledFrom([]string{"", key, key + "/" + key}).Draw(t, name) + text.Draw(t, name)
			}
			return Loss{Key: key, Stage: text.Draw(t, "stage"), Cause: around("cause"), File: around("file")}
		})).Draw(t, "losses")
		var kept Losses
		for _, was := range want {
			kept.add(was)
		}
		if got := slices.Collect(kept.All()); kept.Len() != len(want) || !slices.Equal(got, want) {
			t.Errorf("kept %q of %q", got, want)
		}
	})
}

// TestReportIsOneDocument: the lists that are written one by one make the same
// text as if the report were encoded whole.
func TestReportIsOneDocument(t *testing.T) {
	for _, losses := range [][]Loss{nil, {{Key: "1"}}, {{"1", `"failed": []`, "a\n<b>", "f"}, {"2", "s", "\xff", ""}}} {
		var l Losses
		for _, was := range losses {
			l.add(was)
		}
		var got, want bytes.Buffer
		s := Stats{Flow: `a "failed": []`, Failed: &l}
		if err := s.WriteReport(&got, errors.New("x")); err != nil {
			t.Fatal(err)
		}
		var all any
		if err := json.Unmarshal(got.Bytes(), &all); err != nil {
			t.Fatalf("%v in %s", err, &got)
		}
		if n := len(all.(map[string]any)["failed"].([]any)); n != len(losses) {
			t.Errorf("%d losses of %d", n, len(losses))
		}
		if err := json.Indent(&want, got.Bytes(), "", "  "); err != nil || want.String() != got.String() {
			t.Errorf("%v, written %s, want %s", err, &got, &want)
		}
	}
}
