// Package lang is the .flow language: it reads a file, checks it against the
// registered components, builds its graph, and lays the file out. It runs
// nothing and knows no component; package flow has the engine, package draw the
// pictures, and the program brings the registry.
//
// # The language
//
// The syntax is HCL's. A file is a list of blocks:
//
//	variable "fold" {
//	  doc     = "which fold is held out"
//	  default = 0
//	}
//
//	run {
//	  on_error = "skip"
//	}
//
//	source "samples" "train" {
//	  table = "data/split.${var.fold}.csv"
//	}
//
//	op "batch" "batches" {
//	  in   = source.train
//	  size = 32
//	}
//
//	sink "dead_letters" "failed" {
//	  when = var.fold == 0
//	  in   = run.dead_letters
//	  file = "failed.jsonl"
//	}
//
// The first label of a source, op or sink is its component, the second its
// name, which is the name of its stage and so unique in the file. Its
// attributes are the component's ports and fields, and `when`.
//
// A port takes a reference: source.NAME, op.NAME, or run.dead_letters, the
// stream of the run's [flow.DeadLetter] records. A reference is a name and is
// never evaluated. A field takes a value: a literal, var.NAME, a template, a
// conditional, a list, or a call of one of a few functions; null is as if the
// field were not given. The types are those of [component.Field], and nothing is
// converted between strings and numbers, except that a size, a duration and
// `workers` may be written as text.
//
// A variable has a type: string, number, int, float, bool, list(string) or list(int);
// without `type` it is that of the default. A default may use the variables
// above it. A variable without a default must be set. What is set arrives as
// text, and has to fit the type; a list is written as files have it, ["a", "b"],
// or its items parted by commas. All text is brought into Unicode's normal form
// C, as HCL does. A number is finite, and written in digits, without an exponent.
//
// A block whose `when` is false is checked for its names and edges, but does
// not exist: its values are not looked at, an optional port that reads it is
// left open, and a required one that reads it is a fault.
//
// # Steps
//
// A file may instead be a list of flows to run one after the other:
//
//	step "train" {
//	  flow = "train.flow"
//	  set  = { fold = var.fold, out = "results/first" }
//	}
//
// `flow` is a file beside this one, or if there is none the flow of that base name
// that comes with the program; hpaflow:train.flow is the latter in any case.
// `set` is its variables, each once, and a step whose `when` is false is left out.
// No file runs itself, by whatever others. A step with for_each, a list of strings or whole numbers,
// is run once for each of them, in their order:
//
//	step "train" {
//	  for_each = var.folds
//	  flow     = "train.flow"
//	  set      = { fold = each.value, out = "results/${each.value}" }
//	}
//
// with folds = [0, 1] is the steps train_0 and train_1. Such a file has variables and steps and nothing else.
// Planning it plans the file of each step too. Of the first, [Load] looks at what
// it reads; that of the others is for their own time to tell, since steps before
// them may make it.
//
// # What is looked at
//
// [Load] finds all that a run would be refused for before it works: files and
// folders to be read that are not there, outputs that cannot be made or written
// to, two blocks that ask for one standard stream, all steps counted, and two
// sinks that would write to one file, or to a folder that one keeps to itself.
//
// # Bounds
//
// A file of 1 MiB cannot ask for more time or memory than it is worth. Its
// words, the depth of its brackets and operators, the digits of its numbers, the
// rounds of a for_each, the steps of a run and all that values come to are
// bounded, in bounds.go, before the work that they would ask for; each is a fault
// at its place.
//
// # What is shown
//
// Names and settings may hold what a terminal obeys. Whoever shows a diagnostic,
// or anything else that came from outside, shows what [Safe] makes of it.
//
// # Results
//
// A file may say what there is to look at when it is done:
//
//	result "submission" {
//	  file = "${var.dir}/submissions/submission.csv"
//	  doc  = "the submission"
//	}
//
// A run names those files that are there. They change nothing.
//
// # What always holds
//
// Planning reports every fault of a file at once, in the file's order, and one
// mistake once: what follows from a fault is not reported again. Every fault
// that has a place in the file points at it. A [Plan] exists only for a file
// without faults; its nodes have all their arguments, and come before those
// that read them. The same file and settings give the same plan, drawing and
// layout, to the byte.
package lang
