// Package page is the page of hpaflow view: one document, its style, and plain modules
// that a browser loads as they are. There is nothing to build and nothing of others.
//
// What always holds: text of samples reaches the document as text, never as markup; what
// is shown is in the address behind its #, so that it can be sent and gone back to;
// everything that a pointer does, keys do.
package page

import (
	"embed"
	"net/http"
	"strings"
)

//go:embed index.html *.css *.js *.svg
var files embed.FS

var types = map[string]string{"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}

// Handler serves the document at / and its parts below /page/.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/page/")
		if r.URL.Path == "/" {
			name = "index.html"
		}
		b, err := files.ReadFile(name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", types[name[strings.LastIndexByte(name, '.')+1:]])
		w.Write(b) // whoever asked may be gone
	})
}
