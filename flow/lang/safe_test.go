package lang_test

import (
	"strings"
	"testing"

	"hpaflow/flow/lang"
)

func TestSafe(t *testing.T) {
	for text, want := range map[string]string{
		"plain/é/日本/a b.png":                                    "plain/é/日本/a b.png",
		"a\x1b[31m\nhpaflow: done\r\x00\x7f":                    `a\x1b[31m\nhpaflow: done\r\x00\x7f`,
		"caf\xe9":                                               `caf\xe9`,
		"\u009b31m \u202egnp.\u200b\u00a0":                      `\u009b31m \u202egnp.\u200b\u00a0`,
		"get https://me:s3cr:t@host/x?a=b@c and ftp://host:80/": "get https://me:***@host/x?a=b@c and ftp://host:80/",
		"s3://user@bucket/a:b@c":                                "s3://user@bucket/a:b@c",
	} {
		if got := lang.Safe(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	if got, want := lang.SafeLines("one\ttab\nhpaflow: two\x1b\n"), "one\ttab\n  hpaflow: two\\x1b"; got != want {
		t.Errorf("lines %q, want %q", got, want)
	}
}

// Nothing of a file, its name or a setting reaches a terminal as it is.
func TestRenderIsSafe(t *testing.T) {
	f, faults := lang.Parse("a\x1b.flow", []byte("variable \"a\" {\n  default = \x1b]0;title\x07\n}\n"))
	if f != nil || len(faults) == 0 {
		t.Fatal("no fault")
	}
	var b strings.Builder
	if err := faults.Render(&b, false); err != nil {
		t.Fatal(err)
	}
	if text := b.String() + faults.Error(); strings.ContainsAny(text, "\x1b\x07") || !strings.Contains(text, `\x1b]0;title\a`) {
		t.Errorf("%q", text)
	}
}
