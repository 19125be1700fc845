package clock

import (
	"sync"
	"time"
)

var zones sync.Map // name → *time.Location

// Zone is time.LoadLocation, which reads a file each time, remembered. Only known names are, of which there are a few hundred.
func Zone(name string) (*time.Location, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), nil
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, z)
	return z, nil
}
