package atomicfile_test

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
)

// A file appears whole or not at all, and many small ones cost one sync.
func Example() {
	parent, err := os.MkdirTemp("", "atomicfile")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "out")

	if err := atomicfile.MakeFolder(dir); err != nil {
		log.Fatal(err)
	}
	unlock, err := atomicfile.Lock(dir) // keeps other writers out
	if err != nil {
		log.Fatal(err)
	}
	defer unlock()
	if err := atomicfile.Sweep(atomicfile.OS, dir); err != nil { // what killed ones have left
		log.Fatal(err)
	}
	names, err := atomicfile.RegularFiles(dir)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(names), "files are there")

	file := filepath.Join(dir, "scores.txt")
	err = atomicfile.Write(file, func(w io.Writer) error {
		fmt.Fprintln(w, "half a")
		return io.ErrUnexpectedEOF
	})
	_, missing := os.Stat(file)
	fmt.Println(err, os.IsNotExist(missing))

	group := atomicfile.NewGroup(atomicfile.OS, dir)
	for _, name := range []string{"a.txt", "b.txt"} {
		if err := group.Add(name, []byte(name)); err != nil {
			log.Fatal(err)
		}
	}
	if err := group.Flush(); err != nil {
		log.Fatal(err)
	}
	names, err = atomicfile.RegularFiles(dir)
	fmt.Println(len(names), names["a.txt"], names["b.txt"], err)
	// Output:
	// 0 files are there
	// unexpected EOF true
	// 2 true true <nil>
}
