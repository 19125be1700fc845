// Package e2e tests the program as people meet it: the whole of it in one process, in front of a real browser, with a clock that
// the tests move. It holds tests only. It needs Chromium and the built web bundle; without a browser its tests are skipped with
// a notice, and fail when CI=true.
package e2e
