package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hpaflow/cmd/hpaflow/terminal"
	"hpaflow/data"
	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

// fault is what befalls a cluster while it works on a flow.
type fault struct {
	name string
	// do does it; it may wait until the submitter has ended. It gives what of the race
	// was seen, by name.
	do func(c *round) map[string]int
}

// round is one of a test of faults.
type round struct {
	*rig
	flow      *unitFlow
	submitter *process
}

// during does something again and again, at random moments, until the submitter
// has ended.
func (c *round) during(most time.Duration, do func(n int)) {
	for n := 0; ; n++ {
		select {
		case <-c.submitter.ended:
			return
		case <-time.After(time.Duration(rand.Int64N(int64(most)))):
			do(n)
		}
	}
}

// after waits until so many units are done, or all.
func (c *round) after(units int) {
	for {
		done, _ := filepath.Glob(filepath.Join(c.flow.output, ".run", "units", "done", "*.json"))
		if len(done) >= units {
			return
		}
		select {
		case <-c.submitter.ended:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

const (
	faultSamples = 61 // some of them spoiled
	faultWorkers = 4
)

var faults = []fault{
	{"kills", func(c *round) map[string]int {
		kills := 0
		c.during(700*time.Millisecond, func(n int) {
			if n == 6 {
				return // those that are left are to come to an end
			}
			if n > 6 {
				time.Sleep(100 * time.Millisecond)
				return
			}
			i := rand.IntN(len(c.workers))
			w := c.workers[i]
			if slots := w.slots(); n%2 == 0 && len(slots) > 0 { // it is started again by its parent
				syscall.Kill(slots[0], syscall.SIGKILL)
			} else {
				w.Process.Kill()
				<-w.ended
				c.workers = slices.Delete(c.workers, i, i+1)
				c.work()
			}
			kills++
		})
		return map[string]int{"kills": kills}
	}},
	{"stopped past the lease", func(c *round) map[string]int {
		c.after(1)
		var stopped []int
		for _, w := range c.workers[:2] {
			for _, pid := range w.slots() {
				syscall.Kill(pid, syscall.SIGSTOP)
				stopped = append(stopped, pid)
			}
		}
		<-c.submitter.ended // others have published
		for _, pid := range stopped {
			syscall.Kill(pid, syscall.SIGCONT)
		}
		late := 0
		for _, w := range c.workers[:2] {
			w.Process.Signal(syscall.SIGTERM)
			<-w.ended
			late += strings.Count(w.said.String(), "were published already")
		}
		c.workers = c.workers[2:]
		return map[string]int{"stopped": len(stopped), "published late": late}
	}},
	{"broker killed", func(c *round) map[string]int {
		c.after(1 + rand.IntN(4))
		c.killBroker()
		time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond)
		c.serve()
		return map[string]int{"killed": 1}
	}},
	{"broker's store wiped", func(c *round) map[string]int {
		c.after(1 + rand.IntN(4))
		c.killBroker()
		if err := os.RemoveAll(filepath.Join(c.dir, "store")); err != nil {
			c.t.Fatal(err)
		}
		c.serve()
		<-c.submitter.ended
		return map[string]int{"queued again": strings.Count(c.submitter.said.String(), "has lost the queue")}
	}},
	{"two submitters", func(c *round) map[string]int {
		other := c.submit(c.flow)
		other.exits(c.t, exitDeadLetters)
		<-c.submitter.ended
		return map[string]int{"units queued already": seen(other.said.String(), "were queued already") + seen(c.submitter.said.String(), "were queued already")}
	}},
	{"units started twice", func(c *round) map[string]int {
		var by sync.WaitGroup
		for k := range 2 {
			by.Go(func() {
				if out, err := c.flow.command("run", "--unit", fmt.Sprintf("%d/2", k), "--progress", "none").CombinedOutput(); err != nil {
					c.t.Errorf("run --unit: %v\n%s", err, out)
				}
			})
		}
		by.Wait()
		<-c.submitter.ended
		return map[string]int{"files met": seen(c.submitter.said.String(), "files found published"), "found done": seen(c.submitter.said.String(), "found done")}
	}},
}

// Whatever befalls a cluster, the result is that of a single run, and each record
// is in it or a dead letter.
func TestClusterFaults(t *testing.T) {
	notForRaces(t)
	hpaflow, input := program(t), spoiledSamples(t, faultSamples)
	configs := []string{"rgby.flow", "rgby-shards.flow"}
	wants := map[string]map[string]string{}
	for _, config := range configs {
		one := newUnitFlow(t, hpaflow, config, input, t.TempDir())
		one.exits(exitDeadLetters, "run")
		wants[config] = one.tree()
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			saw := map[string]int{}
			for n := range *rounds {
				config := configs[n%2]
				if *rounds == 1 {
					config = configs[rand.IntN(2)]
				}
				c := newRound(t, hpaflow, config, input)
				for what, times := range f.do(c) {
					saw[what] += times
				}
				c.ends(exitDeadLetters, wants[config])
				said := c.submitter.said.String()
				saw["redelivered"] += seen(said, "redelivered")
				saw["files met"] += seen(said, "files found published")
			}
			t.Logf("%d rounds: %v", *rounds, saw)
		})
	}
}

func newRound(t *testing.T, hpaflow, config, input string) *round {
	t.Helper()
	c := &round{rig: newRig(t, hpaflow), flow: newUnitFlow(t, hpaflow, config, input, filepath.Join(t.TempDir(), "out"))}
	for range faultWorkers {
		c.work()
	}
	c.submitter = c.submit(c.flow)
	return c
}

// ends waits for the end of a round, and looks at what has come of it.
func (c *round) ends(code int, want map[string]string) {
	c.t.Helper()
	c.submitter.exits(c.t, code)
	c.end()
	sameTree(c.t, want, c.flow.tree())
	c.flow.exits(code, "finish") // sweeps after those that were killed or stopped while it was finished
	sameTree(c.t, want, c.flow.tree())
	c.flow.noneLeft()
	c.flow.eachOnce()
}

// eachOnce says that each record is in the result or a dead letter, never both.
func (f *unitFlow) eachOnce() {
	f.t.Helper()
	b, err := os.ReadFile(filepath.Join(f.output, "dead.jsonl"))
	if err != nil {
		f.t.Fatal(err)
	}
	at := map[string]string{}
	for line := range strings.Lines(string(b)) {
		var l struct{ Key string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			f.t.Fatal(err)
		}
		at[l.Key] = "letter"
	}
	letters := len(at)
	var keys []string
	if f.config == "rgby.flow" {
		files, _ := filepath.Glob(filepath.Join(f.output, "*.png"))
		for _, file := range files {
			keys = append(keys, strings.TrimSuffix(filepath.Base(file), ".png"))
		}
	} else {
		r, err := shards.Open(f.output, shards.Planes)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, e := range r.Entries() {
			keys = append(keys, e.Key)
		}
		r.Close()
	}
	for _, key := range keys {
		if at[key] != "" {
			f.t.Errorf("%s is a result and a %s", key, at[key])
		}
		at[key] = "result"
	}
	if len(at) != faultSamples || letters == 0 || letters+len(keys) != len(at) {
		f.t.Errorf("%d records, %d of them dead letters, want %d in all", len(at), letters, faultSamples)
	}
}

// deadly is the program with one op more, which kills its process at one record,
// as one does that takes more memory than there is.
func deadly() {
	out, in := terminal.NewOutput(os.Stdout), terminal.NewInput(os.Stdin)
	reg := newRegistry(in, out)
	reg.Register(&component.Spec{
		Kind: flow.KindOp, Name: "deadly", Doc: "Kills the process.", In: component.Takes(edges.Sample), Out: edges.Sample, Parallel: true,
		Build: func(n *component.Node) (component.Output, error) {
			return flow.Map(component.In[*data.Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (*data.Sample, error) {
				if r.Key == "9_0007x" {
					syscall.Kill(os.Getpid(), syscall.SIGKILL)
				}
				return r.Value, nil
			}), nil
		},
	})
	os.Exit(endOf(newApp(reg, in, out, os.Stderr), os.Args, out, os.Stderr))
}

// A record that kills whoever works on it becomes a dead letter, and all others
// are done.
func TestClusterPoison(t *testing.T) {
	notForRaces(t)
	hpaflow, input := program(t), spoiledSamples(t, 23)
	one := newUnitFlow(t, hpaflow, "rgby.flow", input, t.TempDir())
	one.exits(exitDeadLetters, "run")
	for _, colour := range data.Colours {
		if err := os.Link(filepath.Join(input, "9_0007_"+colour+".png"), filepath.Join(input, "9_0007x_"+colour+".png")); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("../../configs/rgby.flow")
	if err != nil {
		t.Fatal(err)
	}
	reads := regexp.MustCompile(`(?m)^(  in +=) source\.cells$`)
	if n := len(reads.FindAll(text, -1)); n != 1 {
		t.Fatalf("rgby.flow reads its source at %d places", n)
	}
	text = reads.ReplaceAll(text, []byte("$1 op.deadly"))
	text = append(text, "\nop \"deadly\" \"deadly\" {\n  in = source.cells\n}\n"...)
	file := filepath.Join(t.TempDir(), "deadly.flow")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := filepath.Rel("../../configs", file)
	if abs, _ := filepath.Abs("../../configs"); err != nil {
		if config, err = filepath.Rel(abs, file); err != nil {
			t.Fatal(err)
		}
	}
	self := filepath.Join(t.TempDir(), "hpaflow-deadly")
	if err := os.Symlink(hpaflow, self); err != nil {
		t.Fatal(err)
	}
	for range *rounds {
		r := newRig(t, self)
		for range faultWorkers {
			r.work()
		}
		many := newUnitFlow(t, self, config, input, t.TempDir())
		said := r.submit(many).exits(t, exitDeadLetters)
		deaths := 0
		for _, w := range r.workers {
			deaths += strings.Count(w.said.String(), "a slot was killed")
		}
		r.end()
		want, got := one.tree(), many.tree()
		if !strings.Contains(got["dead.jsonl"], "{9_0007x cells has killed 2 workers that were at nothing else false}") {
			t.Errorf("dead letters:\n%s", got["dead.jsonl"])
		}
		want["dead.jsonl"], got["dead.jsonl"] = "", ""
		sameTree(t, want, got)
		many.noneLeft()
		t.Logf("%d deaths, %d units redelivered", deaths, seen(said, "redelivered"))
	}
}

// A disk that is full for a while costs time, and nothing else.
func TestClusterDiskFull(t *testing.T) {
	notForRaces(t)
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a small file system")
	}
	hpaflow, input := program(t), spoiledSamples(t, faultSamples)
	one := newUnitFlow(t, hpaflow, "rgby.flow", input, t.TempDir())
	one.exits(exitDeadLetters, "run")
	for range *rounds {
		disk := t.TempDir()
		if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk).CombinedOutput(); err != nil {
			t.Skipf("no small file system can be mounted here: %s", out)
		}
		unmount := sync.OnceFunc(func() { exec.Command("umount", "-l", disk).Run() })
		t.Cleanup(unmount)
		r := newRig(t, hpaflow)
		many := newUnitFlow(t, hpaflow, "rgby.flow", input, filepath.Join(disk, "out"))
		many.exits(exitDone, "units")
		ballast, err := os.Create(filepath.Join(disk, "ballast"))
		if err != nil {
			t.Fatal(err)
		}
		for b := make([]byte, 4096); err == nil; {
			_, err = ballast.Write(b)
		}
		ballast.Close()
		for range faultWorkers {
			r.work()
		}
		s := r.submit(many)
		full := func() (n int) {
			for _, w := range r.workers {
				n += strings.Count(w.said.String(), "no space left")
			}
			return n
		}
		waitFor(t, "a full disk", func() bool { return full() > 0 || s.ProcessState != nil })
		if err := os.Remove(ballast.Name()); err != nil {
			t.Fatal(err)
		}
		s.exits(t, exitDeadLetters)
		n := full()
		r.end()
		sameTree(t, one.tree(), many.tree())
		many.noneLeft()
		many.eachOnce()
		t.Logf("%d failures for want of space", n)
		unmount()
	}
}

// Workers that lose sight of the broker go on, and publish; when the network is
// back they are told what is left.
func TestClusterPartition(t *testing.T) {
	notForRaces(t)
	if os.Geteuid() != 0 {
		t.Skip("only root may make network namespaces")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("there is no ip to make network namespaces with")
	}
	ours, theirs := fmt.Sprintf("hpaflow-a-%d", os.Getpid()), fmt.Sprintf("hpaflow-b-%d", os.Getpid())
	ip := func(words string) error {
		out, err := exec.Command("ip", strings.Fields(words)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", words, err, out)
		}
		return nil
	}
	t.Cleanup(func() {
		exec.Command("ip", "netns", "del", ours).Run()
		exec.Command("ip", "netns", "del", theirs).Run()
	})
	for _, words := range []string{
		"netns add " + ours, "netns add " + theirs, "link add hpa0 netns " + ours + " type veth peer name hpb0 netns " + theirs,
		"-n " + ours + " addr add 192.168.77.1/24 dev hpa0", "-n " + theirs + " addr add 192.168.77.2/24 dev hpb0",
		"-n " + ours + " link set hpa0 up", "-n " + theirs + " link set hpb0 up", "-n " + ours + " link set lo up",
	} {
		if err := ip(words); err != nil {
			t.Skipf("no network namespaces can be made here: %v", err)
		}
	}
	in := func(place string) []string { return []string{"ip", "netns", "exec", place} }
	hpaflow, input := program(t), spoiledSamples(t, faultSamples)
	for n := range *rounds {
		config := []string{"rgby.flow", "rgby-shards.flow"}[n%2]
		one := newUnitFlow(t, hpaflow, config, input, t.TempDir())
		one.exits(exitDeadLetters, "run")
		c := &round{rig: &rig{t: t, hpaflow: hpaflow, dir: filepath.Join(t.TempDir(), "broker"), listen: "192.168.77.1:4222", inside: in(ours)}}
		c.serve()
		t.Cleanup(c.end)
		c.flow = newUnitFlow(t, hpaflow, config, input, filepath.Join(t.TempDir(), "out"))
		for k := range faultWorkers {
			c.work(in([]string{ours, theirs}[k%2])...)
		}
		submit := c.flow.command("run", "--cluster", "@"+c.dir, "--lease", "2s", "--slots", "0", "--progress", "plain")
		c.submitter = c.start(append(in(ours), submit.Args...)...)
		c.after(1)
		if err := ip("-n " + ours + " link set hpa0 down"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(1+rand.IntN(5)) * time.Second)
		if err := ip("-n " + ours + " link set hpa0 up"); err != nil {
			t.Fatal(err)
		}
		c.ends(exitDeadLetters, one.tree())
		said := c.submitter.said.String()
		t.Logf("%d units redelivered, %d found done", seen(said, "redelivered"), seen(said, "found done"))
	}
}
