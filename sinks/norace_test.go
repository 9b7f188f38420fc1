//go:build !race

package sinks_test

const raced = false
