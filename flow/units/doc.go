// Package units lets many machines work on one flow, whoever starts them: a
// person, a scheduler, a queue. Who starts what, and how often, is a hint; what
// is true stands in storage.
//
// # The cut
//
// A unit is so many consecutive records of the flow's one source, counted from
// 0. Which records a unit has follows from the plan, never from who works on it,
// so that one machine and a hundred make the same files. A record that fails
// leaves its unit smaller; no other moves up.
//
// # What stands where
//
// All of it is in OUT/.run/units, or in .NAME.run/units beside a file, OUT being
// the result of the flow's first sink that publishes by unit:
//
//	plan-0.json         the plan: the flow, what results depend on, the cut
//	plan-1.json         units that were added, and the digest of the plan before
//	names-DIGEST.gz     the names of a plan's records, in order
//	done/00012.json     unit 12 is done: its files, and the records that failed
//	parts/NODE/00012/   what a sink keeps of the unit, to be joined by Finish
//	journal/00012.jsonl a unit that has killed workers is gone through record by
//	                    record (Blame)
//	work-HOST-PID-X/    of a worker; nobody else looks into it while it lives
//
// The digest of plan-0.json is the run's name.
//
// # How a unit is done
//
// A worker makes the unit's results below its own work folder, where they are
// written and synced as ever. Then it gives each file its name in OUT by a hard
// link, which never replaces anything: a file that is there with the same bytes
// is as good, one with others is an error. The record in done comes last. So a
// worker may be killed at any moment, and two may do the same unit at once.
//
// The record counts. A worker that was killed between a file and the record may
// leave a file of a record that fails when the unit is done again. So a worker
// writes into its own folder what it is about to publish, and Finish removes,
// with the folder, what is linked there and named by no record.
//
// A record names all that its unit has made visible, also what the worker found there
// from one that was killed, or from an earlier unit of the same sample: what two records
// name is removed with the last of them.
//
// Finish reads the records and joins what units have left: indexes, tables, dead
// letters. It may be called again, and then makes the same.
//
// # Sets grow
//
// Records that the source has and no plan names become new units behind those
// there are: a plan is added and none is changed. So do records that failed and
// have been mended (Retry).
//
// Where components have something else about records by now, as other labels, a
// plan without units says so, and holds for those before it. Units that are done
// are taken back first, or kept, as the run says.
//
// # Who keeps whom out
//
// Workers share a folder, and a run that wants it for itself keeps them out or
// is kept out by them (atomicfile.Lock and Share). A run that is not by units is
// refused where there is a plan. A worker removes its own work folder; Finish
// removes those of workers that do not live.
//
// There are no images here, nor any format of results: sinks say by
// component.ByUnit what is published and how it is joined.
package units
