package provenance_test

import (
	"os"
	"path/filepath"
	"testing"

	"hpaflow/data/provenance"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The digest follows contents and settings, and nothing else.
func TestDigest(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	digest := func(dir string, settings ...string) string {
		t.Helper()
		d, err := provenance.Digest(settings, []string{dir, filepath.Join(dir, "x")})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, dir := range []string{a, b} {
		write(t, filepath.Join(dir, "x"), "one")
		write(t, filepath.Join(dir, "y"), "two")
	}
	first := digest(a, "size 64", "8")
	write(t, filepath.Join(a, "x.from"), "what x was made of is no part of it")
	if digest(b, "size 64", "8") != first || digest(a, "size 64", "8") != first {
		t.Error("the same contents in another folder have another digest")
	}
	seen := map[string]bool{first: true}
	for name, other := range map[string]string{
		"settings": digest(a, "size 64", "4"), "where a setting ends": digest(a, "size 6", "48"), "fewer settings": digest(a),
	} {
		if seen[other] {
			t.Errorf("%s: the digest is the same", name)
		}
		seen[other] = true
	}
	write(t, filepath.Join(a, "y"), "three")
	if digest(a, "size 64", "8") == first {
		t.Error("another file in the folder, and the digest is the same")
	}
	if _, err := provenance.Digest(nil, []string{filepath.Join(a, "gone")}); err == nil {
		t.Error("a file that is missing has a digest")
	}
}

// A file beside an output that an earlier version wrote is believed, and only
// such a one is removed.
func TestEarlierRecords(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	digest, err := provenance.Digest([]string{"size 64"}, nil)
	check(t, err)
	expect := func(when string, want bool) {
		t.Helper()
		if got := provenance.WasFresh(out, digest); got != want {
			t.Errorf("%s: fresh is %v", when, got)
		}
	}
	expect("nothing there", false)
	write(t, out, "text")
	expect("no digest", false)
	write(t, out+".from", "other")
	expect("another digest", false)
	check(t, provenance.ForgetEarlier(out))
	if !provenance.HasEarlier(out) {
		t.Error("a file that holds no digest was removed")
	}
	write(t, out+".from", digest+"\n")
	expect("all there", true)
	check(t, os.Remove(out))
	expect("the output gone", false)
	check(t, provenance.ForgetEarlier(out))
	if provenance.HasEarlier(out) {
		t.Error("the digest is still there")
	}
	check(t, provenance.ForgetEarlier(out))
}
