package images

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"hpaflow/data"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/sources/images/feed"
)

// spent runs f and gives the most memory that was in use meanwhile, beyond what
// was before, as near as sampling comes.
func spent(f func()) (bytes int64) {
	inUse := func() int64 {
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(s)
		return int64(s[0].Value.Uint64())
	}
	before, peak := inUse(), int64(0)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
				peak = max(peak, inUse())
			}
		}
	}()
	f()
	close(done)
	<-ended
	return max(peak, inUse()) - before
}

// readStream runs the source on what stands on standard input, and gives the
// samples, what became of others, and the run's error.
func readStream(ctx context.Context, text []byte, run component.Args) (samples []*data.Sample, others []string, err error) {
	spec := channelsSpec(bytes.NewReader(text))
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip, Memory: 64 << 20})
	g.Notify(flow.Events{
		Dead:    func(d flow.DeadLetter) { others = append(others, d.Key+": "+d.Cause) },
		Skipped: func(_, key, cause string) { others = append(others, key+": "+cause) },
	})
	args := component.Args{"dir": "-"}
	for _, f := range spec.Fields {
		if f.Default != nil {
			args[f.Name] = f.Default
		}
	}
	all := component.Args{}
	for _, f := range component.RunFields {
		all[f.Name] = f.Default
	}
	for name, v := range run {
		all[name] = v
	}
	out, err := spec.Build(&component.Node{Graph: g, Spec: spec, Name: "source", Args: args, Run: all})
	if err != nil {
		return nil, nil, err
	}
	flow.Collect(out.(flow.Out[*data.Sample]), flow.Stage{Name: "sink"}, &samples)
	err = g.Run(ctx)
	return samples, others, err
}

// tarOf packs members, whose content is their name unless it is given.
func tarOf(headers ...tar.Header) []byte {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	for _, h := range headers {
		if h.Typeflag == 0 {
			h.Typeflag, h.Size, h.Mode = tar.TypeReg, int64(len(h.Name)), 0o644
		}
		if err := t.WriteHeader(&h); err != nil {
			panic(err)
		}
		if h.Typeflag == tar.TypeReg {
			t.Write([]byte(h.Name))
		}
	}
	t.Close()
	return b.Bytes()
}

// sampleOf is the members of a sample.
func sampleOf(place string) (list []tar.Header) {
	for _, c := range data.Colours {
		list = append(list, tar.Header{Name: place + "_" + c + ".png"})
	}
	return list
}

func zipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

func zipFile(names ...string) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			panic(err)
		}
		w.Write([]byte(name))
	}
	z.Close()
	return out.Bytes()
}

// sparse is a tar of one GNU sparse member that claims so many bytes, all holes.
func sparse(name string, size int64) []byte {
	b := tarOf(tar.Header{Name: name, Typeflag: tar.TypeReg})
	head := b[:512]
	copy(head[257:], "ustar  \x00")
	head[156] = tar.TypeGNUSparse
	clear(head[345:500])
	octal := func(at int, n int64) {
		for i := 10; i >= 0; i-- {
			head[at+i] = byte('0' + n&7)
			n >>= 3
		}
	}
	octal(386, size) // one piece, of nothing, at the end
	octal(398, 0)
	octal(483, size)
	copy(head[148:156], "        ")
	sum := 0
	for _, c := range head {
		sum += int(c)
	}
	copy(head[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

// FuzzStandardInput: whatever stands on standard input, the run ends in time and
// within its memory; every sample is whole, has a key of its own, and one that
// stays below any folder; and nothing that was read is larger than a member may be.
func FuzzStandardInput(f *testing.F) {
	two := append(sampleOf("a/1"), sampleOf("b/1")...)
	f.Add([]byte("q/a/1_A1_red.png\nq/a/1_A1_green.png\nq/a/1_A1_blue.png\nq/a/1_A1_yellow.png\n"), false)
	f.Add([]byte("x_red.png\x00x_green.png\x00x_blue.png\x00x_yellow.png\x00"), true)
	f.Add([]byte("\xef\xbb\xbf../../x_red.png\r\ncaf\xe9_red.png\r\n"), true)
	f.Add([]byte(strings.Repeat("x", 3*feed.LongestName)+"_red.png\n"), false)
	f.Add(tarOf(two...), true)
	f.Add(tarOf(append(two, tar.Header{Name: "c_red.png", Typeflag: tar.TypeLink, Linkname: "a/1_red.png"},
		tar.Header{Name: "c_green.png", Typeflag: tar.TypeSymlink, Linkname: "x"}, tar.Header{Name: "c_blue.png", Typeflag: tar.TypeFifo},
		tar.Header{Name: "d/", Typeflag: tar.TypeDir})...), false)
	f.Add(zipped(tarOf(two...)), false)
	f.Add(zipFile("a_red.png", "a_green.png", "a_blue.png", "a_yellow.png", "b/"), true)
	f.Add(sparse("s_red.png", 1<<20), false)
	f.Add(sparse("s_red.png", 8<<30), false)
	f.Fuzz(func(t *testing.T, text []byte, paths bool) {
		if len(text) > 1<<20 {
			return
		}
		run := component.Args{"max_member": int64(8 << 20), "keys": component.KeysName}
		if paths {
			run["keys"] = component.KeysPath
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		var samples []*data.Sample
		took := spent(func() {
			samples, _, _ = readStream(ctx, text, run)
		})
		if ctx.Err() != nil {
			t.Fatal("takes more than 10 s")
		}
		if took > 256<<20 {
			t.Fatalf("took %d MiB", took>>20)
		}
		seen := map[string]bool{}
		for _, s := range samples {
			if data.CheckKey(s.ID) != nil || seen[s.ID] || len(s.Files) != len(data.Colours) {
				t.Fatalf("a sample %q of %d files, the first: %v", s.ID, len(s.Files), !seen[s.ID])
			}
			seen[s.ID] = true
			for _, file := range s.Files {
				if file.Name == "" || len(file.Data) > 8<<20 {
					t.Fatalf("%q: a file %q of %d bytes", s.ID, file.Name, len(file.Data))
				}
			}
		}
	})
}
