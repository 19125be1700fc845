//go:build unix && !linux && !aix && !solaris

package localpg

// machineMemory is not known here.
func machineMemory() int64 { return 0 }
