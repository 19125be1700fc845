// Package ha tests the program on more than one machine's worth of servers, all of them on loopback: a streaming standby, a
// failover, a pooler in transaction mode, two programs on one database. It holds tests only and runs by make test-ha: it starts
// real servers from the machine's own PostgreSQL and pgbouncer, installs nothing, and ends only what it started.
package ha
