package live

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// linked are what the page loads, in the page.
var linked = regexp.MustCompile(`<link rel="stylesheet" href="/page/([a-z.]+)">|<script src="/page/([a-z.]+)" defer></script>|<link rel="icon" href="/page/[a-z.]+">`)

// WritePage writes the page as it is now as a file that needs no other and loads
// nothing: what it runs is told apart from what it shows by digests. Its root element
// is given.
func (b *Board) WritePage(w io.Writer, root string) error {
	text, _, err := b.message(0)
	if err != nil {
		return err
	}
	page, err := assets.ReadFile("page/page.html")
	if err != nil {
		return err
	}
	var styles, scripts []string
	for _, m := range linked.FindAllSubmatch(page, -1) {
		for i, list := range []*[]string{&styles, &scripts} {
			if name := string(m[i+1]); name != "" {
				content, err := assets.ReadFile("page/" + name)
				if err != nil {
					return err
				}
				*list = append(*list, string(content))
			}
		}
	}
	head := fmt.Sprintf("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src%s; script-src%s\">\n<style>%s</style>",
		digests(styles), digests(scripts), strings.Join(styles, "</style>\n<style>"))
	body := fmt.Sprintf("<script type=\"application/json\" id=\"data\">%s</script>\n<script>%s</script>\n</body>",
		text, strings.Join(scripts, "</script>\n<script>")) // Go's JSON has no < in texts
	whole := string(linked.ReplaceAll(page, nil))
	whole = strings.Replace(whole, `<html lang="en">`, root, 1)
	whole = strings.Replace(whole, "</head>", head+"\n</head>", 1)
	whole = strings.Replace(whole, "</body>", body, 1)
	_, err = io.WriteString(w, whole)
	return err
}

// digests are those of what stands between the tags, as a policy names them.
func digests(list []string) string {
	s := ""
	for _, text := range list {
		sum := sha256.Sum256([]byte(text))
		s += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return s
}

// History is what the run did since it began.
func (b *Board) History() History {
	b.mu.Lock()
	defer b.mu.Unlock()
	return History{b.history.Every, slices.Clone(b.history.Points)}
}
