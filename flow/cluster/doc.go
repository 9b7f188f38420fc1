// Package cluster hands the units of flows to workers on other machines, by NATS
// JetStream: a broker that the program can be itself (Serve), or a user's own.
// Nothing else here talks to NATS.
//
// # The engine is a hint, storage is the truth
//
// What is done is what package units finds recorded beside the result. The queue
// says which units somebody has asked for, and whose turn it is; it may forget,
// hand a unit out twice, or take an acknowledgement from a worker whose lease ran
// out long ago. So nothing is ever thought done because of what the broker says,
// and whoever submits looks at the storage, and queues again what is missing and
// not queued. A broker whose disk was lost is filled anew that way.
//
// # What the broker holds
//
//	hpaflow-runs    hpaflow.runs.JOB        a flow with all its values (Job): what a
//	                                        worker needs beside the storage
//	hpaflow-units   hpaflow.units.JOB.UNIT  a work queue, one message a unit; the
//	                                        subject of a unit has one place, so that
//	                                        a unit is queued once
//	hpaflow-dead    the broker's advisories of units that were handed out MaxDeliver
//	                times and never acknowledged; their messages stay in hpaflow-units
//
// and a durable pull consumer a job, job-JOB, whose AckWait is the lease. All of it
// is on files. A worker that computes otherwise than a plan says, or cannot open
// it, does not pull from its consumer, and so leaves its units to others.
//
// # A lease
//
// A worker that has a unit says that it is at it only while records move (Keep).
// One that was killed or hangs lets the lease run out, and the unit goes to
// another. It acknowledges after publishing, and waits for the broker's answer. If
// the broker is away then, the unit is done all the same, and whoever gets it
// again finds that.
//
// # Secrets
//
// A token, an nkey or credentials come from a file, never from the command line.
// A broker of ours listens on loopback unless it is given an address, and asks for
// its token always.
package cluster
