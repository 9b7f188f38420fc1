package live

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hpaflow/flow"
)

// Who looks at a stage that yields nothing any more sees what it yields in the next
// unit of the flow.
func TestLookAtTheNextUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &Board{Eyes: testEyes{}}
		unit := func(numbers ...int) *flow.Graph {
			g := flow.New(flow.Options{Name: "unit"})
			flow.To(flow.FromSlice(g, flow.Stage{Name: "numbers"}, numbers), flow.Stage{Name: "end"}, flow.Discard[int]())
			b.Follow(g, "", nil)
			return g
		}
		look := func() string {
			time.Sleep(lookEvery)
			w := httptest.NewRecorder()
			b.look(w, httptest.NewRequest("GET", "/look?stage=numbers", nil))
			return w.Body.String()
		}
		empty := unit()
		look()
		if err := empty.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		next := unit(7)
		done := make(chan error)
		go func() {
			time.Sleep(2 * lookEvery) // until somebody looks
			done <- next.Run(t.Context())
		}()
		if seen := look(); !strings.Contains(seen, "the number 7") {
			t.Errorf("of the next unit is seen %s", seen)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}
