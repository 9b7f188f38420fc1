// Package table reads and writes label tables: CSV with the columns Id and
// Target (or Label, as in the challenge of 2021), and perhaps Split. A name that ends in .zst is compressed. Scan reads
// any other CSV file with a header by the same rules.
//
// What always holds: columns are found by their header, so their order does
// not matter and others are passed over; a fault is reported as file:line; an
// Id stands in a table once and can name a file; and the same rows give the
// same bytes.
package table
