// Package buffers shares memory out among the results of a list of steps: a
// buffer is taken again once its result has been read for the last time (Place), or
// all results lie in one piece of memory, each for its time (Arrange). It plans, and
// holds no memory.
package buffers
