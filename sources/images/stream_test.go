package images

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/names"
	"hpaflow/flow/component"
	"hpaflow/sources/images/feed"
)

// Names that never complete a sample, members that claim gigabytes, more samples
// than are remembered: each meets its limit, and the error says how to raise it.
func TestStreamsAreBounded(t *testing.T) {
	var names, whole bytes.Buffer
	for i := range 300 {
		fmt.Fprintf(&names, "p/%d_red.png\n", i)
		for _, c := range data.Colours {
			fmt.Fprintf(&whole, "p/%d_%s.png\n", i, c)
		}
	}
	var reds []tar.Header
	for i := range 40 {
		reds = append(reds, tar.Header{Name: fmt.Sprintf("p/%s%d_red.png", strings.Repeat("x", 80), i)})
	}
	for _, c := range []struct {
		name  string
		text  []byte
		limit string
		value any
		want  string
	}{
		{"incomplete samples", names.Bytes(), "max_pending", 200,
			"standard input: 201 samples wait for their other channels at p/200_red.png; put the files of a sample beside one another, or to allow it, write max_pending = 800"},
		{"keys", whole.Bytes(), "max_keys", 200, "200 is sample 201 of the stream, and it remembers no more than that to tell two of one key apart; to allow it, write max_keys = 800"},
		{"bytes that wait", tarOf(reds...), "max_waiting", int64(1000), `put the files of a sample beside one another, or to allow it, write max_waiting = "1MiB"`},
	} {
		_, _, err := readStream(t.Context(), c.text, component.Args{c.limit: c.value})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
}

// Two million names of samples that never come together cost what a million do.
func TestNamesWithoutEndCostLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("reads two million names")
	}
	var names bytes.Buffer
	for i := range 2_000_000 {
		fmt.Fprintf(&names, "plates/plate%d/%d_red.png\n", i/384, i)
	}
	text := names.Bytes()
	var err error
	took := spent(func() { _, _, err = readStream(t.Context(), text, nil) })
	if err == nil || !strings.Contains(err.Error(), "write max_pending = ") {
		t.Error(err)
	}
	if took > 512<<20 {
		t.Errorf("took %d MiB", took>>20)
	}
}

// Holes of gigabytes in a small tar are not read, whatever they are called.
func TestSparseMembersAreBounded(t *testing.T) {
	for name, want := range map[string]string{
		"s_red.png": `s_red.png: holds 4.0 GiB, more than is read of a file; to allow it, write max_member = "4097MiB"`,
		"notes.txt": "",
	} {
		text := sparse(name, 4<<30)
		text = append(text[:len(text)-1024], tarOf(sampleOf("a")...)...)
		var samples []*data.Sample
		var others []string
		var err error
		took := spent(func() { samples, others, err = readStream(t.Context(), text, nil) })
		if err != nil || len(samples) != 1 || took > 64<<20 {
			t.Errorf("%s: %d samples, %d MiB, %v", name, len(samples), took>>20, err)
		}
		if got := strings.Join(others, "\n"); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// What was wrong with a member is told of its sample, once.
func TestMembersThatAreNoFiles(t *testing.T) {
	sample := sampleOf("a/1")
	sample[1] = tar.Header{Name: "a/1_green.png", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}
	linked := sampleOf("b/2")
	linked[2] = tar.Header{Name: "b/2_blue.png", Typeflag: tar.TypeLink, Linkname: "b/2_red.png"}
	lost := sampleOf("c/3")
	lost[0] = tar.Header{Name: "c/3_red.png", Typeflag: tar.TypeLink, Linkname: "gone.png"}
	samples, others, err := readStream(t.Context(), tarOf(append(append(sample, linked...), lost...)...), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(samples) != 1 || samples[0].ID != "2" || string(samples[0].Files[2].Data) != "b/2_red.png" {
		t.Errorf("%v", samples)
	}
	want := []string{
		"1: green channel: a/1_green.png: is a symbolic link to /etc/passwd, not a file",
		"3: red channel: c/3_red.png: is a hard link to gone.png, which did not come before it, or came more than 32 MiB of images ago; pack it with --hard-dereference",
	}
	if fmt.Sprint(others) != fmt.Sprint(want) {
		t.Errorf("%q", others)
	}
}

// A name that is too long for any path is one bad name in a list of good ones.
func TestALongNameIsItsOwnTrouble(t *testing.T) {
	var text bytes.Buffer
	for i, c := range data.Colours {
		fmt.Fprintf(&text, "%s\n%s\r\n", strings.Repeat("y", (i+1)*feed.LongestName), "a/1_"+c+".png")
	}
	samples, _, err := readStream(t.Context(), text.Bytes(), nil)
	if err != nil || len(samples) != 1 || samples[0].Files[3].Name != "a/1_yellow.png" {
		t.Errorf("%v, %v", samples, err)
	}
}

// Two files of one channel in one folder are one file if they hold the same, and
// leave the sample undecided if they do not.
func TestTwoFilesOfAChannel(t *testing.T) {
	dir := t.TempDir()
	put := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range data.Colours {
		put("same_"+c+".tif", c)
		put("other_"+c+".tif", c)
	}
	put("same_red.tiff", "red")
	put("other_red.tiff", "den")
	g := newGrouping(colours(t), dir, component.Limits{MaxMember: 1 << 20})
	there, err := everyName(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range there {
		g.add(name, nil, nil)
	}
	if s := g.pending["same"]; s.fault() != nil {
		t.Error(s.fault())
	}
	if s := g.pending["other"]; s.fault() == nil || !strings.Contains(s.fault().Error(), "red channel: both ") {
		t.Error(s.fault())
	}
}

// colours is how the files of RGBY samples are called.
func colours(t *testing.T) *names.Matcher {
	t.Helper()
	planes, err := names.Planes(data.Colours[:])
	if err != nil {
		t.Fatal(err)
	}
	p, err := names.Parse("")
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.For(planes)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
