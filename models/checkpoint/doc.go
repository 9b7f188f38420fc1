// Package checkpoint keeps what training comes to: the state of a device and
// the position in the run as safetensors with names that PyTorch loads, the
// scores so far, and the mean of the last epochs' weights.
//
// The way through it, for a training program that was stopped:
//
//	path, err := checkpoint.ResumePoint(dir) // "" when there is none
//	c, err := checkpoint.LoadCheckpoint(path)
//	err = dev.Load(c.State)
//	err = sched.Load(c.Position.Schedule)
//
// What always holds: a checkpoint is whole or not there; a run that goes on from
// one ends with the bits of a run that was never stopped; a checkpoint of other
// settings is refused with what differs.
package checkpoint
