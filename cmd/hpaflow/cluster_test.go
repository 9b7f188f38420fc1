package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var rounds = flag.Int("rounds", 1, "rounds of each test of faults on a cluster")

// rig is a broker and the workers on it, all processes of their own.
type rig struct {
	t       *testing.T
	hpaflow string
	dir     string   // of the broker
	inside  []string // words before a command that is to run elsewhere, by place
	listen  string
	broker  *exec.Cmd
	workers []*process
}

// process is one of hpaflow, with what it says.
type process struct {
	*exec.Cmd
	said  *text
	ended chan struct{}
}

// text is what a process says, which others read meanwhile.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(b)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

func newRig(t *testing.T, hpaflow string) *rig {
	r := &rig{t: t, hpaflow: hpaflow, dir: filepath.Join(t.TempDir(), "broker"), listen: "127.0.0.1:0"}
	r.serve()
	t.Cleanup(r.end)
	return r
}

func (r *rig) serve() {
	r.t.Helper()
	words := append(append([]string{}, r.inside...), r.hpaflow, "cluster", "serve", "--dir", r.dir, "--listen", r.listen)
	r.broker = exec.Command(words[0], words[1:]...)
	said := &text{}
	r.broker.Stderr = said
	if err := r.broker.Start(); err != nil {
		r.t.Fatal(err)
	}
	waitFor(r.t, "the broker", func() bool {
		return strings.Contains(said.String(), "broker at ")
	})
}

func (r *rig) killBroker() {
	r.broker.Process.Kill()
	r.broker.Wait()
}

// waitFor waits for something that will be.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begun := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 3*time.Minute {
			t.Fatalf("%s: not in 3 minutes", what)
		}
	}
}

// start starts a process.
func (r *rig) start(words ...string) *process {
	r.t.Helper()
	p := &process{exec.Command(words[0], words[1:]...), &text{}, make(chan struct{})}
	p.Stdout, p.Stderr = p.said, p.said
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.Start(); err != nil {
		r.t.Fatal(err)
	}
	go func() {
		p.Wait()
		close(p.ended)
	}()
	return p
}

func (r *rig) work(before ...string) *process {
	r.t.Helper()
	p := r.start(append(before, r.hpaflow, "work", "--cluster", "@"+r.dir)...)
	r.workers = append(r.workers, p)
	return p
}

// submit submits a flow, and works on none of its units.
func (r *rig) submit(f *unitFlow, more ...string) *process {
	c := f.command("run", append([]string{"--cluster", "@" + r.dir, "--lease", "2s", "--slots", "0", "--progress", "plain"}, more...)...)
	return r.start(c.Args...)
}

// exits waits for the end of a process, which is to be this one.
func (p *process) exits(t *testing.T, code int) string {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(3 * time.Minute):
		t.Fatalf("%v does not end\n%s", p.Args, p.said)
	}
	if got := p.ProcessState.ExitCode(); got != code {
		t.Fatalf("%v: exit code %d, want %d\n%s", p.Args, got, code, p.said)
	}
	return p.said.String()
}

// slots are the processes that a worker has started, its own aside.
func (p *process) slots() (list []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.Process.Pid))
	for _, file := range files {
		b, _ := os.ReadFile(file)
		for word := range strings.FieldsSeq(string(b)) {
			if pid, err := strconv.Atoi(word); err == nil {
				list = append(list, pid)
			}
		}
	}
	return list
}

// end ends all workers, in order, and the broker.
func (r *rig) end() {
	r.t.Helper()
	for _, w := range r.workers {
		w.Process.Signal(syscall.SIGCONT)
		w.Process.Signal(syscall.SIGTERM)
	}
	for _, w := range r.workers {
		select {
		case <-w.ended:
		case <-time.After(time.Minute):
			r.t.Errorf("a worker does not end\n%s", w.said)
			w.Process.Kill()
		}
	}
	r.workers = nil
	if r.broker != nil {
		r.killBroker()
		r.broker = nil
	}
}

// seen counts what a submitter has seen of races.
func seen(said, what string) int {
	all := regexp.MustCompile(`(\d+) `+what).FindAllStringSubmatch(said, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(all[len(all)-1][1])
	return n
}

// Four workers on a queue make what one run makes, whoever submits it from where.
func TestCluster(t *testing.T) {
	notForRaces(t)
	hpaflow, input := program(t), spoiledSamples(t, 23)
	r := newRig(t, hpaflow)
	for range 4 {
		r.work()
	}
	for _, config := range []string{"rgby.flow", "rgby-shards.flow"} {
		t.Run(config, func(t *testing.T) {
			one := newUnitFlow(t, hpaflow, config, input, t.TempDir())
			one.exits(exitDeadLetters, "run")
			many := newUnitFlow(t, hpaflow, config, input, t.TempDir())
			s := r.submit(many, "--http", ":0")
			page := ""
			waitFor(t, "the page", func() bool {
				_, after, _ := strings.Cut(s.said.String(), "profiles at ")
				page, _, _ = strings.Cut(after, "\n")
				return strings.HasSuffix(page, "/") || s.ProcessState != nil
			})
			shown := struct{ Cluster struct{ Units, Done int } }{}
			for shown.Cluster.Units == 0 {
				answer, err := http.Get(page + "report")
				if err != nil {
					break // it was that fast
				}
				b, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err == nil {
					err = json.Unmarshal(b, &shown)
				}
				if err != nil {
					t.Fatalf("%v: %s", err, b)
				}
			}
			if shown.Cluster.Units != 8 {
				t.Errorf("the page shows %+v", shown)
			}
			said := s.exits(t, exitDeadLetters)
			if !strings.Contains(said, "8/8 units") {
				t.Errorf("said %s", said)
			}
			sameTree(t, one.tree(), many.tree())
			many.noneLeft()
			if again := r.submit(many).exits(t, exitDeadLetters); strings.Contains(again, "queued") {
				t.Errorf("the second run said %s", again)
			}
		})
	}
	out, err := exec.Command(hpaflow, "cluster", "status", "--cluster", "@"+r.dir, "--json").Output()
	var stands struct{ Jobs, Workers []any }
	if err != nil || json.Unmarshal(out, &stands) != nil || len(stands.Jobs) != 0 || len(stands.Workers) != 4 {
		t.Errorf("status: %v, %s", err, out)
	}
}

// Relative paths are of the folder in which a flow was submitted; the submitter
// works too. A job that is cancelled ends, and what is done of it counts when it
// is submitted again.
func TestClusterSubmitters(t *testing.T) {
	notForRaces(t)
	hpaflow, input := program(t), spoiledSamples(t, 23)
	r := newRig(t, hpaflow)
	home := t.TempDir()
	if err := os.Symlink(input, filepath.Join(home, "in")); err != nil {
		t.Fatal(err)
	}
	submit := func(more ...string) *process {
		words := append([]string{"run", "hpaflow:rgby.flow", "--set", "input=in", "--set", "output=out", "--set", "unit=3", "--set", "dead_letters=out/dead.jsonl", "--cluster", "@" + r.dir}, more...)
		p := &process{exec.Command(hpaflow, words...), &text{}, make(chan struct{})}
		p.Dir, p.Stderr = home, p.said
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		go func() {
			p.Wait()
			close(p.ended)
		}()
		return p
	}
	waiting := submit("--slots", "0")
	waitFor(t, "the queue", func() bool { return strings.Contains(waiting.said.String(), "8 queued") })
	_, id, _ := strings.Cut(waiting.said.String(), "job ")
	id, _, _ = strings.Cut(id, "\n")
	if out, err := exec.Command(hpaflow, "cluster", "cancel", id, "--cluster", "@"+r.dir).CombinedOutput(); err != nil {
		t.Fatalf("cancel: %v, %s", err, out)
	}
	if said := waiting.exits(t, exitFailed); !strings.Contains(said, "cancelled") {
		t.Errorf("a job that was cancelled said %s", said)
	}
	submit("--lease", "2s").exits(t, exitDeadLetters)
	one := newUnitFlow(t, hpaflow, "rgby.flow", input, t.TempDir())
	one.exits(exitDeadLetters, "run")
	many := &unitFlow{t, hpaflow, "rgby.flow", filepath.Join(home, "out"), nil}
	want, got := one.tree(), many.tree()
	want["dead.jsonl"], got["dead.jsonl"] = "", "" // whose files are named otherwise
	sameTree(t, want, got)
	many.noneLeft()
}

// Words that make no sense on a cluster end with 2, and a broker that is not
// there with 1.
func TestClusterRefused(t *testing.T) {
	hpaflow := program(t)
	dir := t.TempDir()
	for _, c := range []struct {
		code  int
		words string
	}{
		{exitUsage, "work"}, {exitUsage, "work --cluster host:4222"}, {exitUsage, "work --cluster @" + dir}, {exitUsage, "work --cluster nats://127.0.0.1:9 --slots 0"},
		{exitUsage, "work --cluster nats://secret@127.0.0.1:9"}, {exitUsage, "cluster serve"}, {exitUsage, "cluster cancel --cluster @" + dir},
		{exitUsage, "run rgby.flow --slots 2"}, {exitUsage, "run rgby.flow --cluster nats://127.0.0.1:9 --unit 0 --set input=../../configs/example"},
		{exitUsage, "run rgby.flow --cluster nats://127.0.0.1:9 --lease 1ms"},
		{exitUsage, "run duplicates.flow --cluster nats://127.0.0.1:9 --set data=../../configs/example"},
	} {
		out, err := exec.Command(hpaflow, strings.Fields(c.words)...).CombinedOutput()
		if err == nil || err.(*exec.ExitError).ExitCode() != c.code {
			t.Errorf("%s: %v, %s", c.words, err, out)
		}
	}
}
