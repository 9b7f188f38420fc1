// Package augment changes images at random, so that a network does not learn
// them by heart: turns and flips, then one pair of operations drawn from a
// policy.
//
// A policy is data, sets of pairs of operations, each with its own probability;
// the best one found is embedded, and a search writes others. What an operation
// does is albumentations 0.1.8's definition on OpenCV's arithmetic; the table of
// kinds says what numbers each takes. Images and their arithmetic are in package
// pixel.
//
// What always holds: the result depends on the image, the policy and the
// generator that is passed, and on nothing else; a policy with a fault is refused
// as a whole, with every fault and its line; every channel is treated alike.
package augment
