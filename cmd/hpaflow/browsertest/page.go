package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Widths are those at which a page is looked at, in CSS pixels: a phone, a small
// window, a wide screen.
var Widths = []int{360, 800, 1600}

// patience is how long a page may take to show what it should. Machines that run
// tests do other work, too.
const patience = 60 * time.Second

// Page is a page in a browser of its own.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// Browser is the path of a Chromium; the test is skipped where there is none, and under
// the race detector: a page has the same look there, in several times the time.
func Browser(t testing.TB) string {
	t.Helper()
	if raced {
		t.Skip("pages are not looked at under the race detector")
	}
	if given := os.Getenv("CHROMIUM"); given != "" {
		return given
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no Chromium to look with: install chromium, or name one by $CHROMIUM")
	return ""
}

// Open shows a URL in a window 1600 pixels wide, and waits until it has loaded.
func Open(t testing.TB, url string) *Page {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(Browser(t)),
		chromedp.NoSandbox, // containers and root have none; pages are the test's own
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1"),
		chromedp.WSURLReadTimeout(patience),
	)
	ctx, end := chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(options...))
	p := &Page{t: t, ctx: ctx}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("the browser: %v", err)
		}
		end()
	})
	// It lives as long as the context of the first call, which therefore has no bound.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("the browser: %v", err)
	}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatalf("the browser: %v", err)
	}
	p.do(called(log.Enable, cdp.Empty{}), called(runtime.Enable, cdp.Empty{}))
	p.Resize(1600)
	p.do(chromedp.Navigate(url))
	return p
}

// listen keeps what the browser complains of.
func (p *Page) listen(event any) {
	complaint := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = "exception: " + e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			complaint += ": " + thrown.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			complaint = fmt.Sprintf("%s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			for _, arg := range e.Args {
				complaint += fmt.Sprintf("%s: %s ", e.Type, arg.Value)
			}
		}
	}
	if complaint != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.complaints = append(p.complaints, complaint)
	}
}

// Complaints are errors and warnings of the browser so far: exceptions, requests
// that failed, breaches of a policy. They are told once.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	said := p.complaints
	p.complaints = nil
	return said
}

// called is an action that calls a command of the browser's.
func called[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// do ends the test where the browser does not do something in time.
func (p *Page) do(action ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	result(p, chromedp.Steps(action...))
}

// result is what an action comes to.
func result[T any](p *Page, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		p.t.Fatalf("the browser: %v; %q", err, p.Complaints())
	}
	return value
}

// Resize sets the width of the window. It is 900 pixels high.
func (p *Page) Resize(width int) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(int64(width), 900))
}

// Dark says which colours people prefer.
func (p *Page) Dark(dark bool) {
	p.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	p.do(called(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}))
}

// Eval gives the value of an expression of JavaScript; a promise's, once it has one.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	return result(p, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Text is what the elements of a selector show; empty where there is none.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	return Eval[string](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => e.innerText ?? e.textContent).join("\n")`, selector))
}

// Wait waits until an expression is true, and fails the test if it stays false.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	for began := time.Now(); !Eval[bool](p, "!!("+expression+")"); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > patience {
			p.t.Fatalf("after %v it does not hold that %s; the browser says %q, and the page\n%s", patience, expression, p.Complaints(), p.Text("body"))
		}
	}
}

// Press strikes keys, one after the other; kb has the names of those without a
// letter (github.com/chromedp/chromedp/kb).
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// Keep writes a picture of the whole page to a folder that $HPAFLOW_SCREENSHOTS
// names, to be looked at; without that it does nothing.
func (p *Page) Keep(name string) {
	p.t.Helper()
	dir := os.Getenv("HPAFLOW_SCREENSHOTS")
	if dir == "" {
		return
	}
	png := result(p, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o666); err != nil {
		p.t.Fatal(err)
	}
}
