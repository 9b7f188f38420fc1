//go:build gpu && linux

package cuda

// #include "driver.h"
import "C"

import (
	"fmt"

	"gorgonia.org/cu"
)

// MinCapability is the oldest card that serves: Turing, of which the T4 is.
var MinCapability = [2]int{7, 5}

// Info is what is known of a card without any work on it.
type Info struct {
	Index      int    // as the driver counts, CUDA_VISIBLE_DEVICES in force
	Name       string // "NVIDIA H100 80GB HBM3"
	UUID       string // "GPU-" and 32 digits: the card wherever it stands
	Capability [2]int // compute capability: 9, 0
	Memory     int64  // bytes
	SMs        int    // multiprocessors
	Shared     int    // bytes of shared memory a block can have
	L2         int    // bytes of the cache that all multiprocessors share
}

// AtLeast tells whether the card's compute capability is major.minor or newer.
func (i Info) AtLeast(major, minor int) bool {
	return i.Capability[0] > major || i.Capability[0] == major && i.Capability[1] >= minor
}

// Count is the number of cards.
func Count() (int, error) {
	if err := Open(); err != nil {
		return 0, err
	}
	n, err := cu.NumDevices()
	return n, wrapped("cuDeviceGetCount", err)
}

// Describe tells of the card with this index.
func Describe(index int) (Info, error) {
	n, err := Count()
	if err != nil {
		return Info{}, err
	}
	if index < 0 || index >= n {
		return Info{}, fmt.Errorf("%w %d: there are %d, counted from 0", ErrNoCard, index, n)
	}
	device, err := cu.GetDevice(index)
	if err != nil {
		return Info{}, wrapped("cuDeviceGet", err)
	}
	info := Info{Index: index}
	if info.Name, err = device.Name(); err != nil {
		return Info{}, wrapped("cuDeviceGetName", err)
	}
	id, err := device.UUID()
	if err != nil {
		return Info{}, wrapped("cuDeviceGetUuid", err)
	}
	info.UUID = "GPU-" + id.String()
	if info.Memory, err = device.TotalMem(); err != nil {
		return Info{}, wrapped("cuDeviceTotalMem", err)
	}
	for _, a := range []struct {
		attribute cu.DeviceAttribute
		value     *int
	}{
		{cu.ComputeCapabilityMajor, &info.Capability[0]},
		{cu.ComputeCapabilityMinor, &info.Capability[1]},
		{cu.MultiprocessorCount, &info.SMs},
		{C.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, &info.Shared},
		{cu.L2CacheSize, &info.L2},
	} {
		if *a.value, err = device.Attribute(a.attribute); err != nil {
			return Info{}, wrapped("cuDeviceGetAttribute", err)
		}
	}
	return info, nil
}
