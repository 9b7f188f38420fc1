package store_test

import (
	"context"
	"strings"
	"testing"

	"hpaflow/data/store"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		scheme, bucket, path, back, public string
	}{
		"plates/a":                  {"file", "", "plates/a", "", ""},
		"/plates/a://b":             {"file", "", "/plates/a://b", "", ""},
		"-":                         {"file", "", "-", "", ""},
		"file:///plates/a%20b":      {"file", "", "/plates/a b", "/plates/a b", ""},
		"s3://b":                    {"s3", "b", "", "", ""},
		"S3://b/":                   {"s3", "b", "", "s3://b", ""},
		"s3://b/p/q/":               {"s3", "b", "p/q", "s3://b/p/q", ""},
		"s3://b/p/q?anonymous=true": {"s3", "b", "p/q", "", "s3://b/p/q"},
		"s3://b/p%20q/a b+c#d":      {"s3", "b", "p%20q/a b+c#d", "", ""},
		"s3://b/p?endpoint=http://h:9/x&region=r": {"s3", "b", "p", "s3://b/p?endpoint=http%3A%2F%2Fh%3A9%2Fx&region=r", "s3://b/p"},
		"s3://b/quest?ion/a=b":                    {"s3", "b", "quest?ion/a=b", "s3://b/quest?ion/a=b?", "s3://b/quest?ion/a=b"},
		"s3://b/quest?ion?":                       {"s3", "b", "quest?ion", "", "s3://b/quest?ion"},
		"s3://b/quest?/p":                         {"s3", "b", "quest?/p", "s3://b/quest?/p?", "s3://b/quest?/p"},
		"gs://b/p":                                {"gs", "b", "p", "", ""},
		"az://c/p":                                {"az", "c", "p", "", ""},
		"https://host/a%20b/c.csv?s=1":            {"https", "host", "a b/c.csv", "", "https://host/a%20b/c.csv"},
		"http://me:word@host:81/x":                {"http", "me:word@host:81", "x", "", "http://host:81/x"},
		"https://host":                            {"https", "host", "", "https://host/", "https://host/"},
	} {
		u, err := store.Parse(text)
		if err != nil || u.Scheme != want.scheme || u.Bucket != want.bucket || u.Path != want.path {
			t.Errorf("%s: %+v, %v", text, u, err)
		}
		if want.back == "" {
			want.back = text
		}
		if want.public == "" {
			want.public = want.back
		}
		if u.String() != want.back || u.Public() != want.public {
			t.Errorf("%s: back as %s, for people %s", text, u.String(), u.Public())
		}
	}
	for text, want := range map[string]string{
		"s4://b/p":           `"s4://b/p": there is no store s4://`,
		"s3:///p":            "names no bucket",
		"s3://a b/p":         "names no bucket",
		"s3://":              "names no bucket",
		"https:///p":         "is no URL",
		"file://host/p":      "file:///path",
		"s3://b/p?anon=%zz":  "options behind the question mark",
		"https://host/%zz":   "is no URL",
		"http://host/?a=%zz": "is no URL",
	} {
		if u, err := store.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v", text, u, err)
		}
	}
}

// What is joined to a URL comes before its options, and can be split off again.
func TestJoin(t *testing.T) {
	for _, c := range []struct{ base, key, want, folder string }{
		{"s3://b/p?anonymous=true", "d/k", "s3://b/p/d/k?anonymous=true", "s3://b/p/d?anonymous=true"},
		{"s3://b", "k", "s3://b/k", "s3://b"},
		{"https://h/a?s=1", "k l", "https://h/a/k%20l?s=1", "https://h/a?s=1"},
		{"dir", "d/k", "dir/d/k", "dir/d/"},
		{"", "k", "k", "."},
	} {
		got, err := store.Join(c.base, c.key)
		if err != nil || got != c.want {
			t.Errorf("%s and %s: %s, %v", c.base, c.key, got, err)
		}
		u, err := store.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		folder, name := u.Split()
		if folder.String() != c.folder || name != c.key[strings.LastIndexByte(c.key, '/')+1:] {
			t.Errorf("%s is split into %s and %s", got, folder, name)
		}
	}
}

func TestForWithoutAStore(t *testing.T) {
	_, err := store.For(context.Background(), "gs://b/p?secret=x")
	if err == nil || err.Error() != "gs://b/p: this program was built without gs://" {
		t.Error(err)
	}
	if _, _, err := store.File(context.Background(), "dir/"); err == nil {
		t.Error("a folder was opened as a file")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a/b", "s3://b/p?x=y", "https://u:p@h/a%20b?c=d", "file:///a", "az://c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := store.Parse(text)
		if err != nil {
			return
		}
		again, err := store.Parse(u.String())
		if err != nil {
			t.Fatalf("%q is %+v, which is not read: %q: %v", text, u, u.String(), err)
		}
		if again.Scheme != u.Scheme || again.Path != u.Path {
			t.Fatalf("%q is %+v and then %+v", text, u, again)
		}
	})
}
