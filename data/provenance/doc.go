// Package provenance knows what results were made from, and so whether they
// are still up to date. It is the one piece of code that tells.
//
// # What a result is made from
//
// Made is a result's recipe: the values of the settings it follows from, and
// digests of the contents of the files that go into it as a whole, such as
// weights and tables of labels. Samples count each by itself: their digest is
// Sum, of the contents of a sample's files; an Origin tells it, and a Ledger
// keeps it for every sample of a result or of a folder of results.
//
// Contents decide, never names or times: a copied folder changes nothing, and
// new weights under an old name do. Sizes and times are a shortcut: while they
// are the same the contents are taken to be, and where they differ the contents
// are read. A file that was changed a moment ago gives no shortcut, since it
// may be changed again within the same tick of its clock.
//
// # Where it is kept
//
// In a folder of its own: OUT/.run for a folder of results, .NAME.run beside a
// single file (Of, Beside). A Store is that folder:
//
//	made.json   the recipe: {"format", "values", "inputs"}
//	samples     a line a sample: digest, recipe, length of the result, key
//	samples.log the same, of a run that is under way or was killed
//	seen        shortcuts: the only file with times in it; it is not compared,
//	            and without it the contents are read once
//
// # What always holds
//
// A record is written after the result it is of. Where a result is replaced,
// the ledger first says that it is being made; so a run that is killed leaves a
// result without its record, which the next run makes again, never a record
// that speaks of another result.
//
// A result of which no record says anything counts as complete: versions before
// these records made it, or another program. Records of the version before,
// OUTPUT.from, are read still (Digest, WasFresh).
//
// # How a sink uses it
//
// A sink that makes one result whole compares its recipe with the store's, and
// the origins of all samples (flow.Graph.Origins) with the ledger's, when it is
// opened; notes each sample's Sum while it works; and at the end saves the
// recipe and the ledger. A sink of many results asks the ledger about each. What is
// done about a change is the run's policy (flow.Options.Changed).
package provenance
