// Package deadletters has the sink of records that have failed.
package deadletters
