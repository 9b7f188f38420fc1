// Package steps makes units of what cannot be cut by records: the steps of a file
// of steps, and parts of an op's work, such as the trials of a search. Each is a
// unit with what it waits for, so that networks, folds and trials spread over
// machines.
//
// # What waits for what
//
// A step waits for every step before it in the file whose results it reads or
// writes over, or that reads what it writes: the paths of all nodes tell. A string
// that names something in another step's result counts as such a path. So nobody
// says it, and a step that reads what the file does not make waits for nothing.
//
// Units are numbered level by level: those of level 0 wait for nothing, those of
// level n for some of level n-1, and each level is a range of numbers, as an array
// of jobs wants it. Within a level they stand as in the file.
//
// # What is done
//
// A step's record is kept with its own result, in OUT/.run/steps or
// .NAME.run/steps beside a file: what the step is with all its values, the records
// of the steps it waited for, times and sizes of the files it reads and writes.
// While all of that is as it was, the step is done, whichever file of steps runs
// it. A step that is not only has to be run: it finds out by itself what is to be
// done. Parts of an op have no records; their own results tell.
//
// There is no plan on disk: what the units are follows from the files and what is
// set.
//
// # Who keeps whom out
//
// A step has one worker at a time, which holds a lock beside the record until it
// ends, however it ends. Who comes second can tell, and may wait.
package steps
