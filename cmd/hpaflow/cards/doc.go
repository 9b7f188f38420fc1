// Package cards prints what there is of NVIDIA's cards, and what was found when
// they were checked. A program that was built without them says so.
package cards
