package view

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"hpaflow/cmd/hpaflow/view/page"
)

// policy lets the page run its own modules and show its own pictures, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// cookie is where a browser keeps the token. Its name has the port, since browsers keep
// cookies of all ports of a machine together.
func cookieName(host string) string {
	port := "80"
	if at := strings.LastIndexByte(host, ':'); at >= 0 && !strings.HasSuffix(host, "]") {
		port = host[at+1:]
	}
	for _, r := range port {
		if r < '0' || r > '9' {
			return "hpaflow-view"
		}
	}
	return "hpaflow-view-" + port
}

// handler is everything the server answers.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	files := page.Handler()
	mux.Handle("GET /{$}", files)
	mux.Handle("GET /page/", files)
	for path, answer := range map[string]func(*http.Request) (any, error){
		"GET /api/about":     s.about,
		"GET /api/select":    s.selectRows,
		"GET /api/counts":    s.counts,
		"GET /api/sample":    s.sample,
		"GET /api/scores":    s.scores,
		"GET /api/curve":     s.curve,
		"GET /api/together":  s.together,
		"GET /api/groups":    s.groups,
		"GET /api/histogram": s.histogram,
		"GET /api/why":       s.why,
		"POST /api/correct":  s.correct,
	} {
		mux.Handle(path, answered(answer))
	}
	mux.HandleFunc("GET /api/map", s.mapPoints)
	mux.HandleFunc("GET /api/pixels", s.pixels)
	mux.HandleFunc("GET /tile", s.tile)
	return s.guarded(http.NewCrossOriginProtection().Handler(s.atOnce(mux)))
}

// guarded answers those who have the token: in the address, once, and then in a cookie.
func (s *server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" && r.URL.Path != "/" {
			http.Error(w, "this is not for pages of other sites", http.StatusForbidden)
			return
		}
		if given := r.URL.Query().Get("token"); r.URL.Path == "/" && given != "" && s.knows(given) {
			http.SetCookie(w, &http.Cookie{Name: cookieName(r.Host), Value: s.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		if c, err := r.Cookie(cookieName(r.Host)); err != nil || !s.knows(c.Value) {
			http.Error(w, "the address lacks its token: open the one that hpaflow view has printed", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) knows(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) == 1
}

// patience is how long a request waits for its turn.
const patience = 20 * time.Second

// atOnce bounds how many requests are worked on.
func (s *server) atOnce(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		turn := time.NewTimer(patience)
		defer turn.Stop()
		select {
		case s.room <- struct{}{}:
			defer func() { <-s.room }()
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		case <-turn.C:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "there are too many requests", http.StatusServiceUnavailable)
		}
	})
}

// fault is an error that is the asker's.
type fault struct{ error }

func (f fault) Unwrap() error { return f.error }

// answered answers in JSON, or with an error's words.
func answered(answer func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := answer(r)
		if err != nil {
			refuse(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v) // whoever asked may be gone
	})
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	code := http.StatusInternalServerError
	if f := (fault{}); errors.As(err, &f) {
		code = http.StatusBadRequest
	}
	if r.Context().Err() != nil {
		return
	}
	http.Error(w, err.Error(), code)
}
