// Package bench measures flows: a pretended device takes the place of a training
// step, to find out how fast a real one the input side could keep busy.
package bench
