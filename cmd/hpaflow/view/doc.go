// Package view is the command that shows what any step made - images, labels,
// probabilities, duplicates, embeddings - in a browser: a server on this machine, and the
// page it serves.
//
// In the rooms below: inputs says what paths are and reads them, tiles makes pictures,
// page is the page. What is asked of columns is in data/view, what people correct in
// data/corrections.
//
// What always holds: nobody but who has the address, with its token, sees anything, and
// no page of another site; the page may load nothing from elsewhere and run nothing but
// its own modules; requests name samples by numbers, never files; every answer is bounded;
// nothing is written but the file of corrections, when somebody corrects.
package view
