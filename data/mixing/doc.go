// Package mixing makes batches of mixed samples: mixup, which blends each image
// with its partner, and CutMix, which puts a box of the partner in its place.
// Targets are blended alike, so that they are no longer 0 or 1.
//
// It is timm.data.Mixup in its mode "batch", with several labels a sample: one
// draw a batch, the partner of sample i of N is sample N-1-i, the share lambda is
// of a beta distribution, and a box that the border cuts counts as what is left
// of it. Images are mixed as a network sees them, normalised; boxes of raw pixels
// are exchanged as they are where normalisation takes each pixel by itself.
//
// What always holds: what is drawn follows from the generator that is handed in
// alone, and a batch that is mixed is as large as before. Choosing batches and
// seeds is not here.
package mixing
