package live

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// TestPageFitsAPhone looks at the live page in a browser, where there is one:
// at 360 pixels nothing reaches beyond the edge, and the bars are in sight.
func TestPageFitsAPhone(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium to look with")
	}
	g := busyGraph()
	shown := &Board{}
	shown.Follow(g, "a_step_with_a_rather_long_name", []string{"a file of steps, step 1 of 12: a_step_with_a_rather_long_name"})
	mux := http.NewServeMux()
	mux.Handle("/", handler(shown))
	mux.HandleFunc("/phone", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<iframe id="f" src="/" style="width:360px;height:640px;border:0"></iframe><p id="p"></p><script>
setTimeout(() => {
  const d = document.getElementById("f").contentDocument, bar = d.querySelector(".bar");
  const right = bar ? Math.round(bar.getBoundingClientRect().right) : 9999;
  document.getElementById("p").textContent = "width=" + d.documentElement.scrollWidth + " right=" + right;
}, 2000);</script>`)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	page, err := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom", server.URL+"/phone").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, page)
	}
	seen := regexp.MustCompile(`width=(\d+) right=(\d+)`).FindSubmatch(page)
	if seen == nil {
		t.Fatalf("the browser gave\n%s", page)
	}
	for i, what := range []string{"the page", "a bar"} {
		if n, _ := strconv.Atoi(string(seen[i+1])); n > 360 || n == 0 {
			t.Errorf("%s reaches to %d of 360 pixels", what, n)
		}
	}
}
