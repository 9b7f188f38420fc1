// Package corrections keeps what people have corrected of labels in a table of its
// own, so that the tables they correct stay as they are, and applies it to their rows.
//
// The table is CSV: Id, Target, Note, Time. A row is one change of one sample. Rows are
// applied in their order, and none is ever changed or removed. Target holds words,
// separated by blanks:
//
//	add:N, drop:N   the label N is added, or taken away
//	3 12            the labels are exactly these
//	none            there is no label
//	flag, unflag    the sample is marked, or not any more
//	unnote          it has no note any more
//	undo:TIME       the change of the sample that has this Time counts no more
//
// An empty Target changes no label. Note is the sample's note from then on; an empty one
// leaves the note that is. Time tells the changes of a sample apart; Append gives it.
// Notes and words are such that a spreadsheet takes none for a formula.
//
// What always holds: the file is whole at any moment, since a change makes it anew and
// puts it in its place; of any number of programs that append at once none loses a
// change; what Append has given is on the disk.
package corrections
