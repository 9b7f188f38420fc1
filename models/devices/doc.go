// Package devices chooses what computes: the processor, or cards where the
// program was built with the tag gpu and finds them.
//
// It knows the words by which flows and commands ask for a device, and no more:
// how one computes is in its own room below models. A request that cannot be met
// is an error that says why; nothing falls back silently to a slower device.
package devices
