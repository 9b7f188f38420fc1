// Package results is what the sinks have in common about the files they make:
// that they are still what their inputs make, and that they are the sink's own.
//
// Change is what a sink does when inputs or settings are others than those its
// result was made from: what the run says (flow.Options.Changed). File is a
// single file that a sink makes whole at its end; most sinks are that. FolderByUnit
// and its like are how results come of units that many machines make; a sink that
// is not by units is refused where there are some.
//
// What always holds: a file is replaced only if it is of the sink's kind, which
// its first bytes tell, or nothing is in it; so that the name of another file,
// given by mistake, costs an error and not the file. What a run found changed
// is said by name, once.
package results
