package lang_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/flow/lang"
	"hpaflow/flow/lang/langtest"
)

// doublings is a file whose last variable would be 2^n characters.
func doublings(n int, of string) string {
	var b strings.Builder
	b.WriteString("variable \"v0\" { default = \"x\" }\n")
	for i := range n {
		fmt.Fprintf(&b, "variable \"v%d\" { default = %s }\n", i+1, strings.ReplaceAll(of, "V", fmt.Sprintf("var.v%d", i)))
	}
	return b.String()
}

// No file asks for more memory or time than its size is worth: each fault has
// its place and a word.
func TestBombs(t *testing.T) {
	variable := func(value string) string { return "variable \"v\" { default = " + value + " }" }
	wide := "[" + strings.Repeat("1,", 2000) + "]"
	for name, c := range map[string]struct{ src, want string }{
		"brackets":   {variable(strings.Repeat("[", 100_000)), "case.flow:1:125: brackets and operators stand more than 100 deep in one another"},
		"parens":     {variable(strings.Repeat("(", 49_000)), "deep in one another"},
		"blocks":     {strings.Repeat("a {\n", 20_000), "case.flow:101:3: brackets and operators"},
		"not":        {variable(strings.Repeat("!", 40_000) + "true"), "deep in one another"},
		"minus":      {variable(strings.Repeat("-", 40_000) + "1"), "deep in one another"},
		"plus":       {variable("1" + strings.Repeat("+1", 20_000)), "deep in one another"},
		"conditions": {variable(strings.Repeat("true?1:", 5000) + "1"), "deep in one another"},
		"templates":  {variable(`"` + strings.Repeat("${\"", 20_000)), "deep in one another"},
		"ifs":        {variable(`"` + strings.Repeat("%{ if true }", 10_000)), "deep in one another"},
		"attributes": {variable("a" + strings.Repeat(".a", 20_000)), "deep in one another"},
		"tokens":     {variable("[" + strings.Repeat("1,", 40_000) + "]"), "the file has more than 50000 words and signs"},
		"bytes":      {strings.Repeat("# comment\n", 200_000), "case.flow: more than 1 MiB is no flow"},
		"doublings":  {doublings(39, `"${V}${V}"`), "with this the values of the file would take more than 64 MiB"},
		"lists":      {strings.Replace(doublings(39, "concat([for i in [1, 2] : V]...)"), `"x"`, `["x"]`, 1), "more than 64 MiB"},
		"joins":      {doublings(39, `join(V, ["", "", ""])`), "more than 64 MiB"},
		"replaces":   {doublings(39, `replace(V, "x", "xx")`), "more than 64 MiB"},
		"concats":    {strings.Replace(doublings(39, "concat(V, V)"), `"x"`, `["x"]`, 1), "more than 64 MiB"},
		"loops":      {variable("[for a in " + wide + " : [for b in " + wide + " : [for c in " + wide + " : c]]]"), "case.flow:1:26: with this the values"},
		"infinite":   {variable("1 / 0"), "an infinite number, as a division by 0 gives"},
		"number":     {variable(`"${1e9999999}"`), "case.flow:1:29: a number of more than 1000 digits"},
		"small":      {variable(`"${1e-9999999}"`), "case.flow:1:29: a number of more than 1000 digits"},
		"text":       {variable(`"${"1e9999999" * 1}"`), "a number of more than 1000 digits"},
		"spliced":    {variable(`"${"1e${99999999}" + 0}"`), "a number of more than 1000 digits"},
		"negative":   {variable(`"${-"1e9999999"}"`), "a number of more than 1000 digits"},
		"least":      {variable(`"${min("1e9999999", "1e9999999")}"`), "a number of more than 1000 digits"},
		"literal":    {variable(strings.Repeat("7", 1_000_000)), "case.flow:1:26: a number of more than 1000 digits"},
		"digits":     {variable(`"` + strings.Repeat("7", 1_000_000) + `" * 1`), "case.flow:1:26: a number of more than 1000 digits"},
		"less":       {variable(`"` + strings.Repeat("7", 1_000_000) + `" < 1`), "case.flow:1:26: a number of more than 1000 digits"},
		"negated":    {variable(`-"` + strings.Repeat("7", 1_000_000) + `"`), "a number of more than 1000 digits"},
		"key":        {variable(`[1]["` + strings.Repeat("7", 1_000_000) + `"]`), "a number of more than 1000 digits"},
		"most":       {variable(`max("` + strings.Repeat("7", 1_000_000) + `")`), "a number of more than 1000 digits"},
		"verb":       {variable(`format("%d", "` + strings.Repeat("7", 1_000_000) + `")`), "a number of more than 1000 digits"},
		"squares":    {strings.Replace(doublings(39, "V * V"), `"x"`, "1e100", 1), "case.flow:5:27: error during operation: a number of more than 1000 digits"},
		"format":     {variable(`format("%f", "1e9999999")`), "a number of more than 1000 digits"},
		"width":      {variable(`format("%999999999s", "x")`), "asks for more than 999 characters"},
		"precision":  {variable(`format("%.999999999f", 1)`), "asks for more than 999 characters"},
		"doc":        {"variable \"v\" { doc = [for a in " + wide + " : [for b in " + wide + " : [for c in " + wide + " : 1]]] }", "case.flow:1:22: "},
		"for_each":   {"step \"s\" {\n  flow = \"x.flow\"\n  for_each = [for i in " + wide + " : i]\n}", "case.flow:3:14: for_each makes 2000 steps, and there may be 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			f, faults := lang.Parse("case.flow", []byte(c.src))
			if faults == nil {
				_, faults = f.Plan(nil, langtest.Components().Registry)
			}
			runtime.ReadMemStats(&after)
			if len(faults) == 0 || !strings.Contains(faults.Error(), c.want) {
				t.Errorf("faults %.500v\nwant %s", faults, c.want)
			}
			var shown strings.Builder
			if err := faults.Render(&shown, false); err != nil || shown.Len() > 10_000 {
				t.Errorf("it takes %d bytes to say so, %v", shown.Len(), err)
			}
			if used, took := after.TotalAlloc-before.TotalAlloc, time.Since(start); used > 512<<20 || took > 10*time.Second {
				t.Errorf("%d MiB in %v", used>>20, took)
			}
		})
	}
}

// Steps multiply from file to file, and are counted over all.
func TestStepsAreBounded(t *testing.T) {
	dir := t.TempDir()
	var list strings.Builder
	for i := range 300 {
		fmt.Fprint(&list, i, ",")
	}
	rounds := "for_each = [" + list.String() + "]"
	foldertest.Fill(t, dir, map[string]string{
		"a.flow":     "step \"a\" {\n  flow = \"b.flow\"\n  " + rounds + "\n}",
		"b.flow":     "step \"b\" {\n  flow = \"print.flow\"\n  set = { to = \"x\" }\n  " + rounds + "\n}",
		"print.flow": printFlow,
	})
	_, faults := lang.Load(filepath.Join(dir, "a.flow"), nil, langtest.Components().Registry)
	if len(faults) != 1 || !strings.Contains(faults.Error(), `b.flow:1:1: step "b": with it there are more than 5000 steps`) {
		t.Errorf("faults %.500v", faults)
	}
}

// A large flow is planned so often and no more, however many steps run it.
func TestWorkOfStepsIsBounded(t *testing.T) {
	dir := t.TempDir()
	rounds := make([]string, 30)
	for i := range rounds {
		rounds[i] = fmt.Sprint(i)
	}
	foldertest.Fill(t, dir, map[string]string{
		"a.flow":     "step \"a\" {\n  flow = \"large.flow\"\n  for_each = [" + strings.Join(rounds, ", ") + "]\n  set = { to = \"x\" }\n}",
		"large.flow": printFlow + strings.Repeat("# a comment\n", 45_000),
	})
	_, faults := lang.Load(filepath.Join(dir, "a.flow"), nil, langtest.Components().Registry)
	if len(faults) != 1 || !strings.Contains(faults.Error(), `a.flow:2:10: step "a": with it the flows of all steps have more than 1048576 words`) {
		t.Errorf("faults %.500v", faults)
	}
}

// What people write stays within the bounds.
func TestBoundsLeaveRoom(t *testing.T) {
	names := make([]string, 10_000)
	for i := range names {
		names[i] = fmt.Sprintf("%q", fmt.Sprintf("%036d", i))
	}
	src := "variable \"ids\" { default = [" + strings.Join(names, ", ") + "] }\n" +
		"variable \"files\" { default = [for id in var.ids : \"data/raw/train/${id}.png\"] }\n" +
		"source \"list\" \"l\" { names = concat(var.files, [join(\",\", var.ids)]) }\n" +
		"op \"decode\" \"d\" { in = source.l }\n" +
		"sink \"print\" \"p\" { in = op.d }\n"
	f, faults := lang.Parse("case.flow", []byte(src))
	if faults == nil {
		_, faults = f.Plan(nil, langtest.Components().Registry)
	}
	if faults != nil {
		t.Errorf("%.500v", faults)
	}
}

// A character that nobody sees is named.
func TestUnseenCharacters(t *testing.T) {
	for char, name := range map[string]string{
		"\u00a0": "U+00A0, a no-break space,", "\u200b": "U+200B, a zero-width space,", "\ufeff": "U+FEFF, a byte order mark,", "\u2028": `U+2028 ('\u2028')`,
	} {
		_, faults := lang.Parse("x.flow", []byte("variable \"a\" {\n"+char+" default = 1\n}\n"))
		if want := "x.flow:2:1: " + name + " stands here, which cannot be seen; remove it, or write a plain space"; len(faults) != 1 || faults.Error() != want {
			t.Errorf("%q: %v, want %s", char, faults, want)
		}
	}
	if _, faults := lang.Parse("x.flow", []byte("\ufeffvariable \"a\" {\n  default = 1\n}\n")); faults != nil {
		t.Errorf("a mark at the start: %v", faults)
	}
}
