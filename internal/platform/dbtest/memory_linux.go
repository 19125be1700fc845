package dbtest

import "syscall"

const enoughMemory = 1 << 30 // bytes; containers often have 64 MB

// memoryDir is a folder in memory with room for a test server, "" when there is none.
func memoryDir() string {
	const dir = "/dev/shm"
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil || stat.Bavail*uint64(stat.Bsize) < enoughMemory {
		return ""
	}
	return dir
}
