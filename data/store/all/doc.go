// Package all makes every kind of store known to package store. It has the list, and
// nothing else; a program calls Register once, before any store is opened.
package all
