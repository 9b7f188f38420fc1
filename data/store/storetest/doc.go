// Package storetest is the suite that every store passes. It knows stores by the
// interface alone; a store's own tests call Run, or RunReading where it can only be
// read, with a place that is empty.
package storetest
