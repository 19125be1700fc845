//go:build !linux

package dbtest

// memoryDir is "": this system has no folder in memory that is always there.
func memoryDir() string { return "" }
