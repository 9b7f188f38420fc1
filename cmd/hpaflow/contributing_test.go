package main

import (
	"go/build"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fenced is a block of code of a page.
type fenced struct {
	line     int // of its fence
	language string
	path     string // of the file it is from, below the top
	text     string // with the last line's end
}

// fences parts a page into its blocks of code and the rest.
func fences(page string) (blocks []fenced, prose string) {
	var open *fenced
	number := 0
	for line := range strings.Lines(page) {
		number++
		info, fence := strings.CutPrefix(strings.TrimRight(line, "\n"), "```")
		switch {
		case !fence && open == nil:
			prose += line
		case !fence:
			open.text += line
		case open != nil:
			blocks = append(blocks, *open)
			open = nil
		default:
			language, path, _ := strings.Cut(info, " ")
			open = &fenced{line: number, language: language, path: path}
		}
	}
	if open != nil { // a block without an end is of no language
		blocks = append(blocks, fenced{line: open.line})
	}
	return blocks, prose
}

const top = "../.."

// Every block of code of CONTRIBUTING.md is a piece of the file it names, or a
// command that can be given; and every file and folder that is spoken of is
// there.
func TestContributingIsTrue(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(top, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks, prose := fences(string(page))
	for _, b := range blocks {
		switch b.language {
		case "go", "python":
			if fault := b.isFrom(); fault != "" {
				t.Errorf("CONTRIBUTING.md:%d: %s", b.line, fault)
			}
		case "sh":
			for line := range strings.Lines(b.text) {
				if fault := canBeGiven(strings.TrimSpace(line)); fault != "" {
					t.Errorf("CONTRIBUTING.md:%d: %s: %s", b.line, strings.TrimSpace(line), fault)
				}
			}
		default:
			t.Errorf("CONTRIBUTING.md:%d: a block of language %q", b.line, b.language)
		}
	}
	for _, section := range []string{"A source", "An op", "A sink", "A network", "A kernel"} {
		_, after, found := strings.Cut(string(page), "\n## "+section+"\n")
		after, _, _ = strings.Cut(after, "\n## ")
		if example, _ := fences(after); !found || !slices.ContainsFunc(example, func(b fenced) bool { return b.language == "go" }) {
			t.Errorf("CONTRIBUTING.md has no example of %q", section)
		}
	}
	named := regexp.MustCompile("`([\\w.-]+(?:/[\\w.-]+)+/?|[\\w-]+\\.(?:go|md|py|flow))`")
	for _, m := range named.FindAllStringSubmatch(prose, -1) {
		_, err := os.Stat(filepath.Join(top, m[1]))
		if anywhere := []string{"doc.go", "register.go"}; err != nil && !slices.Contains(anywhere, m[1]) {
			t.Errorf("CONTRIBUTING.md speaks of %s: %v", m[1], err)
		}
	}
}

// isFrom says why a block is not a piece of its file. Lines of nothing but "..."
// stand for what is left out; a block that has the package's name has it all.
func (b fenced) isFrom() string {
	text, err := os.ReadFile(filepath.Join(top, b.path))
	if err != nil || b.path == "" {
		return "a block that is from no file: " + b.path
	}
	if strings.HasPrefix(b.text, "package ") && b.text != string(text) {
		return b.path + " is not this"
	}
	rest := "\n" + string(text)
	for _, part := range regexp.MustCompile(`(?m)^\s*\.\.\.\n`).Split(b.text, -1) {
		if strings.TrimSpace(part) == "" {
			continue
		}
		_, after, found := strings.Cut(rest, "\n"+part)
		if !found {
			return b.path + " does not have, in this order,\n" + part
		}
		rest = "\n" + after
	}
	return ""
}

// canBeGiven says why a command of a page would come to nothing. The rooms
// it names are there, the tests it runs too, and so are components.
func canBeGiven(command string) string {
	words := strings.Fields(command)
	switch {
	case words[0] == "hpaflow" && len(words) == 3 && words[1] == "ops":
		if stdout, stderr, code := hpaflow(words[1:]...); code != exitDone || !strings.Contains(stdout, words[2]) {
			return stderr
		}
		return ""
	case words[0] == "go" && slices.Contains([]string{"build", "test", "generate"}, words[1]):
		return goCommand(words)
	case words[0] == "python3" || strings.HasPrefix(words[0], "."):
		for _, path := range words {
			if _, err := os.Stat(filepath.Join(top, path)); err != nil && path != "python3" {
				return err.Error()
			}
		}
		return ""
	}
	return "a command of a kind that is not looked at"
}

func goCommand(words []string) string {
	var tests []string
	for _, word := range words[2:] {
		room, below := strings.CutSuffix(word, "...")
		if !strings.HasPrefix(room, "./") || below {
			continue
		}
		dir := filepath.Join(top, room)
		p, err := build.ImportDir(dir, 0)
		if err != nil {
			return err.Error()
		}
		for _, name := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return err.Error()
			}
			if words[1] == "generate" && strings.Contains(string(text), "\n//go:generate ") {
				return ""
			}
			for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Example|Benchmark)\w*)\(`).FindAllStringSubmatch(string(text), -1) {
				tests = append(tests, m[1])
			}
		}
	}
	if words[1] == "generate" {
		return "nothing to generate"
	}
	i := slices.Index(words, "-run")
	if i < 0 || words[i+1] == "'^$'" {
		return ""
	}
	for one := range strings.SplitSeq(strings.Trim(words[i+1], "'"), "|") {
		one, _, _ = strings.Cut(one, "/")
		if !slices.ContainsFunc(tests, regexp.MustCompile(one).MatchString) {
			return "there is no test " + one
		}
	}
	return ""
}
