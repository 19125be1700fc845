//go:build unix && !aix && !solaris

package localpg

import (
	"maps"
	"slices"
)

// common settings: rows never reach the server's log (statements fail back to the client, which decides what to log), and
// every session speaks UTC unless it says otherwise.
var common = map[string]string{
	"jit":                 "off", // short queries pay for compilation and win nothing
	"random_page_cost":    "1.1",
	"wal_compression":     "on",
	"timezone":            "UTC",
	"log_timezone":        "UTC",
	"log_min_messages":    "log",   // above error: an error's text may quote a row
	"log_error_verbosity": "terse", // no DETAIL, which quotes rows
	"log_checkpoints":     "off",
}

// durable settings are for life; memorySettings go with them.
var durable = map[string]string{
	"max_connections": "100",
}

// disposable settings are for tests: nothing survives a crash of the machine, and no background work disturbs a test.
var disposable = map[string]string{
	"max_connections":    "300", // many test processes share the server
	"shared_buffers":     "128MB",
	"fsync":              "off",
	"synchronous_commit": "off",
	"full_page_writes":   "off",
	"wal_level":          "minimal",
	"max_wal_senders":    "0",
	"max_wal_size":       "256MB", // the cluster may live in memory
	"autovacuum":         "off",
}

// serverArgs are the arguments of postgres. The last ones cannot be overridden: trust is safe only while nobody but the
// server's own account can reach the socket.
func serverArgs(c Config, data, socketDir string) []string {
	settings := settingsFor(c)
	maps.Copy(settings, map[string]string{
		"listen_addresses":        "",
		"port":                    socketPort,
		"unix_socket_directories": socketDir, // a list, in which only a comma would part names: see open
		"unix_socket_permissions": "0700",
	})
	args := []string{"-D", data}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}
