package models

import "time"

// Observer hears of every operation a device has done: its name, the time it
// took, its share of it where several run side by side, and the additions and
// multiplications it stands for, a sample, where these are many. It must not keep
// the device waiting, and may be called by several goroutines at once.
type Observer func(name string, took time.Duration, flops float64)
