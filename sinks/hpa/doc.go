// Package hpa has the sinks of the Human Protein Atlas: tables of its images, with
// where they come from and what they may be used under.
//
// What always holds: a table has one row for each image, however many genes name
// it; what of the Atlas' locations no label stands for is counted by name; and a
// table of images that are there names no other.
package hpa
