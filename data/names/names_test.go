package names_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hpaflow/data/names"
)

func parse(t interface {
	Helper()
	Fatal(...any)
}, text string) *names.Pattern {
	t.Helper()
	p, err := names.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What the ready patterns make of names as the instruments write them.
func TestReadyPatterns(t *testing.T) {
	const uuid = "6D2A1D4C-7C88-4C4E-8C4B-8F53FAC1F1B2"
	for _, c := range []struct {
		pattern, name, key, channel, z, t string
	}{
		{"opera", "r01c01f01p01-ch1sk1fk1fl1.tiff", "r01c01_f01", "ch1", "01", "1"},
		{"opera", "Images/r16c24f009p12-ch5sk3fk1fl1.tiff", "r16c24_f009", "ch5", "12", "3"},
		{"imagexpress", "Week1_22123_B02_s1_w1" + uuid + ".tif", "Week1_22123_B02_s1", "w1", "", ""},
		{"imagexpress", "TimePoint_1/P_AA01_w2.TIF", "P_AA01", "w2", "", ""},
		{"imagexpress", "A01_s12_w1_z3.tif", "A01_s12", "w1", "3", ""},
		{"imagexpress", "screen_t0_C05_s0_w0_z1.tif", "screen_C05_s0", "w0", "1", "0"},
		{"cellvoyager", "AssayPlate_Greiner_#655090_B02_T0001F002L01A03Z04C02.png", "AssayPlate_Greiner_#655090_B02_F002", "C02", "04", "0001"},
		{"cellpainting", "BR1_A01_1_OrigDNA.tif", "BR1_A01_1", "OrigDNA", "", ""},
		{"hpa", "1_A1_1_red.png", "1_A1_1", "red", "", ""},
		{"hpa", "1/714_C9_2_cr5b9a4a1b8d1a2_yellow.tif.gz", "714_C9_2", "yellow", "", ""},
	} {
		p := parse(t, c.pattern)
		v, ok := p.Values(c.name)
		if !ok {
			t.Errorf("%s does not take %s", c.pattern, c.name)
			continue
		}
		channel := p.Of(v, names.Channel)
		m, err := p.For([]names.Plane{{Name: "other", Value: channel + channel[len(channel)-1:]}, {Name: "plane", Value: channel}})
		if c.pattern == "hpa" {
			m, err = p.For([]names.Plane{{Name: "red", Value: "red"}, {Name: "yellow", Value: "yellow"}})
		}
		if err != nil {
			t.Fatal(err)
		}
		found, ok := m.Match(c.name)
		key := m.Key(found.Place, false)
		if !ok || key != c.key || channel != c.channel || m.Planes[found.Plane].Value != channel || c.name[found.From:found.To] != channel || p.Of(v, names.Z) != c.z || p.Of(v, names.T) != c.t {
			t.Errorf("%s: %v %q %q z %q t %q", c.name, ok, key, channel, p.Of(v, names.Z), p.Of(v, names.T))
		}
		if (found.Z < 0) != (c.z == "") || (found.T < 0) != (c.t == "") {
			t.Errorf("%s: slice %d, time %d", c.name, found.Z, found.T)
		}
	}
	for pattern, name := range map[string]string{
		"imagexpress":  "P_A01_s1_w1_thumb" + uuid + ".tif",
		"opera":        "Index.idx.xml",
		"cellvoyager":  "DC_sCMOS #1_CAM1.tif",
		"cellpainting": "P_A01_1_IllumDNA.npy",
		"hpa":          "1_A1_1_blue_red_green.jpg.txt",
	} {
		if v, ok := parse(t, pattern).Values(name); ok {
			t.Errorf("%s takes %s: %v", pattern, name, v)
		}
	}
	for _, r := range names.ReadyPatterns() {
		if p, n := names.Nearest([]string{r.Example}); n != 1 || p.Name() != r.Name {
			t.Errorf("%s: the nearest of its example %s is %v", r.Name, r.Example, p)
		}
	}
}

// Keys do not depend on what else there is, and tell of folders as they are asked to.
func TestKeys(t *testing.T) {
	for _, c := range []struct {
		pattern, name, key, path string
	}{
		{"", "p/a_b_red.png", "a_b", "p/a_b"},
		{"{plate}/{id}_{channel}", "x/p/a_red.png", "p_a", "x/p/a"},
		{"{*}/{id}_{channel}", "x/p/a_red.png", "a", "x/p/a"},
		{"{channel}/{id}", "x/red/a.png", "a", "x/a"},
		{"{plate}_{well:[A-H][0-9]+}[_{site}]_{channel}", "p_q_A1_red.tif", "p_q_A1", "p_q/A1"},
		{"{plate}_{well:[A-H][0-9]+}[_{site}]_{channel}", "p_q_A1_s1_red.tif", "p_q_A1_s1", "p_q/A1/s1"},
		{"{id}_{channel}.ome.tif", "a_red.OME.TIF", "a", "a"},
		{"[[{id}]]{{{channel}}}", "[a]{red}.png", "a", "a"},
	} {
		m, err := parse(t, c.pattern).For([]names.Plane{{Name: "red", Value: "red"}})
		if err != nil {
			t.Fatal(err)
		}
		found, ok := m.Match(c.name)
		if !ok || m.Key(found.Place, false) != c.key || m.Key(found.Place, true) != c.path {
			t.Errorf("%s in %s: %v %q, %q", c.name, c.pattern, ok, m.Key(found.Place, false), m.Key(found.Place, true))
		}
	}
	m, _ := parse(t, "{plate}/{id}_{channel}").For([]names.Plane{{Name: "red", Value: "red"}})
	for _, name := range []string{"a_red.png", "p/a_blue.png", "p/.a_red.png", "p/a_red.txt", "p/_red.png"} {
		if found, ok := m.Match(name); ok {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// What is wrong with a pattern is said of the part that it is in.
func TestFaultsOfPatterns(t *testing.T) {
	for text, want := range map[string]string{
		"{id}_{channel":                   "a { has no }",
		"{id}}_{channel}":                 `a '}' too many at character 5`,
		"{Id}_{channel}":                  "{Id} is no name of a part",
		"{id}_{id}_{channel}":             "{id} stands twice; write {*} in one place",
		"{id}_{channel:[}":                "{channel:[}: is no regular expression",
		"{id:^a}_{channel}":               "a pattern is of the whole name",
		"{id:(?P<x>a)}_{channel}":         "a part has no parts",
		"{id}_{z:0+}_{channel}":           "{z} is a number, and has no expression",
		"/{id}_{channel}":                 "each slash stands between",
		"{id}[/{site}]_{channel}":         "a slash stands in [...]",
		"{id}[_{site}_{channel}":          "a [ has no ]",
		"{id}[]_{channel}":                "nothing stands in [ ]",
		strings.Repeat("x", 1001):         "at most 1000",
		strings.Repeat("{*}", 33):         "more than 32 parts",
		strings.Repeat("x/", 33) + "{id}": "folders are looked into 32 deep",
	} {
		if _, err := names.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	red := []names.Plane{{Name: "red", Value: "red"}}
	for text, want := range map[string]string{
		"{id}":        "has no {channel}",
		"{channel}":   "has no {id}",
		"imagexpress": `the pattern imagexpress has {channel:w[0-9]+}, which is never "red"; say which value is which plane`,
	} {
		if _, err := parse(t, text).For(red); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for list, want := range map[string]string{
		"red=": "is NAME=VALUE", "=w1": "is NAME=VALUE", "red=a/b": "no slash", "red=a red=b": `two planes are called "red"`, "red=w1 green=w1": "w1 is both red and green",
	} {
		if _, err := names.Planes(strings.Fields(list)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", list, err)
		}
	}
}

// patterns draws one, as its text.
func patterns(t *rapid.T) string {
	var b strings.Builder
	pieces := rapid.IntRange(1, 6).Draw(t, "pieces")
	free := []string{"id", "channel", "z", "t", "plate", "well:[A-H][0-9]{1,2}", "site:s[0-9]+", "field"}
	part := func() string {
		if len(free) == 0 || rapid.IntRange(0, 5).Draw(t, "any") == 0 {
			return "{" + rapid.SampledFrom([]string{"*", "*:[0-9a-f]*", "*:(x|yy)?"}).Draw(t, "star") + "}"
		}
		i := rapid.IntRange(0, len(free)-1).Draw(t, "part")
		name := free[i]
		free = append(free[:i:i], free[i+1:]...)
		return "{" + name + "}"
	}
	for range pieces {
		text := rapid.SampledFrom([]string{"", "_", "-", "p", "T", ".", " "}).Draw(t, "text")
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			b.WriteString("[" + text + part() + "]")
		case 1:
			if b.Len() > 0 && !strings.HasSuffix(b.String(), "/") {
				b.WriteString("/")
			}
			b.WriteString(part())
		default:
			b.WriteString(text + part())
		}
	}
	return b.String()
}

// Whatever a pattern finds in a name, what it makes of that is the name.
func TestFormatOfMatchIsTheName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := patterns(t)
		p, err := names.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		folders := strings.Count(text, "/")
		word := rapid.StringMatching(`[a-zA-HsTp0-9_.-]{1,12}`)
		var path []string
		for range folders + rapid.IntRange(0, 2).Draw(t, "above") {
			path = append(path, word.Draw(t, "folder"))
		}
		name := strings.Join(append(path, word.Draw(t, "name")+rapid.SampledFrom(names.Extensions).Draw(t, "ext")), "/")
		if v, ok := p.Values(name); ok {
			if got := p.Format(v); got != name {
				t.Fatalf("%s of %s: %s", text, name, got)
			}
		}
	})
}

// FuzzPattern: any text is a pattern or is not, in no time; what one finds in any name
// makes the name again, and a key that does not depend on the folder above.
func FuzzPattern(f *testing.F) {
	for _, r := range names.ReadyPatterns() {
		f.Add(r.Pattern, r.Example)
	}
	f.Add("{plate}/{id}_{channel}", "a/b/c_d_red.png")
	f.Add("{id:(a+)+(a+)+(a+)+}{channel:b?}", strings.Repeat("a", 500)+"c.png")
	f.Add("{a}{b}{c}{d}{e}{f}{id}_{channel}", strings.Repeat("_", 500)+".tif")
	f.Add("[[{{]]}}[{*}]", "[{]}.png")
	f.Fuzz(func(t *testing.T, text, name string) {
		began := time.Now()
		p, err := names.Parse(text)
		if err != nil || len(name) > 1<<12 {
			return
		}
		v, ok := p.Values(name)
		if took := time.Since(began); took > 5*time.Second {
			t.Fatalf("takes %v", took)
		}
		if !ok {
			return
		}
		if got := p.Format(v); got != name {
			t.Fatalf("%q of %q: %q", text, name, got)
		}
		value := p.Of(v, names.Channel)
		planes, err := names.Planes([]string{"plane=" + value})
		if err != nil {
			return
		}
		m, err := p.For(planes)
		if err != nil {
			return
		}
		found, ok := m.Match(name)
		if !ok {
			t.Fatalf("%q of %q is not found with its own channel %q", text, name, value)
		}
		if name[found.From:found.To] != value {
			t.Fatalf("%q is not at %d:%d of %q", value, found.From, found.To, name)
		}
		below, ok := m.Match("above/" + name)
		if !ok || m.Key(below.Place, false) != m.Key(found.Place, false) {
			t.Fatalf("%q below a folder: %v %q, %q", name, ok, below.Place, found.Place)
		}
	})
}
