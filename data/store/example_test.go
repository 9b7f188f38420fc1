package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"hpaflow/data/store"
)

// A folder of this machine and a bucket are used alike; only the address differs.
func Example() {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()

	plates, err := store.For(ctx, dir) // or "s3://bucket/plates?anonymous=true"
	if err != nil {
		log.Fatal(err)
	}
	w, err := plates.Create(ctx, "a/notes.txt", store.CreateOptions{IfAbsent: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprint(w, "two wells were dry")
	if _, err := w.Commit(); err != nil {
		log.Fatal(err)
	}
	_, err = store.Put(ctx, plates, "a/notes.txt", []byte("none was"), store.CreateOptions{IfAbsent: true})
	fmt.Println("a second time:", errors.Is(err, store.ErrExist))

	for o, err := range plates.List(ctx, store.ListOptions{Prefix: "a/"}) {
		if err != nil {
			log.Fatal(err)
		}
		piece := io.NewSectionReader(store.NewReaderAt(ctx, plates, o), 4, 5)
		b, err := io.ReadAll(piece)
		fmt.Println(o.Key, o.Size, string(b), err)
	}
	// Output:
	// a second time: true
	// a/notes.txt 18 wells <nil>
}
