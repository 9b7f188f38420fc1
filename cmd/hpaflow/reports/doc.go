// Package reports writes what a run did to the files of --report: as JSON for
// programs, and as a page that needs no other file for people.
//
// What always holds: a report that could not be written in the end, or would take
// the place of something else, is refused before any work; one run makes one report,
// however many flows it is made of; and a report is whole or not there.
package reports
