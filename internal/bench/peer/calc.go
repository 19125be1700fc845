package peer

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Calc is LibreOffice with a profile of its own, without a window.
type Calc struct {
	program string
	dir     string
	Version string // for instance "LibreOffice 7.4.7.2"
}

// recalcAlways is the one setting that differs from a fresh profile: work out every formula of a workbook that is opened.
const recalcAlways = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
`

// FindCalc looks for LibreOffice and makes it a profile in dir.
func FindCalc(ctx context.Context, dir string) (*Calc, error) {
	program, err := exec.LookPath("soffice")
	if err != nil {
		return nil, absent("LibreOffice is not installed")
	}
	c := &Calc{program: program, dir: dir}
	user := filepath.Join(dir, "profile", "user")
	if err := os.MkdirAll(user, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(user, "registrymodifications.xcu"), []byte(recalcAlways), 0o600); err != nil {
		return nil, err
	}
	out, err := c.run(ctx, "--version")
	if err != nil {
		return nil, absent("LibreOffice does not start: %v", err)
	}
	if words := strings.Fields(out); len(words) > 1 {
		c.Version = strings.Join(words[:2], " ")
	}
	return c, nil
}

// run starts LibreOffice, whose program is a chain of processes: they form a group, which ends as a whole with ctx.
func (c *Calc) run(ctx context.Context, args ...string) (string, error) {
	profile := "-env:UserInstallation=file://" + filepath.ToSlash(filepath.Join(c.dir, "profile"))
	cmd := exec.CommandContext(ctx, c.program, append([]string{profile, "--headless", "--norestore", "--nolockcheck"}, args...)...)
	cmd.Dir, cmd.Env = c.dir, environment("HOME="+c.dir, "SAL_USE_VCLPLUGIN=svp")
	group(cmd)
	cmd.WaitDelay = 2 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

// csvFilter writes the first sheet as UTF-8, with values as they are shown.
const csvFilter = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"

// Overdue opens a workbook of WriteSheet, works out its formulas, and returns the ids of those whom its first sheet calls overdue.
func (c *Calc) Overdue(ctx context.Context, workbook string) ([]int64, error) {
	out := filepath.Join(c.dir, "out")
	said, err := c.run(ctx, "--convert-to", csvFilter, "--outdir", out, workbook)
	if err != nil {
		return nil, fmt.Errorf("recalculate %s: %w", filepath.Base(workbook), err)
	}
	result := filepath.Join(out, strings.TrimSuffix(filepath.Base(workbook), ".xlsx")+".csv")
	f, err := os.Open(result)
	if err != nil {
		return nil, fmt.Errorf("LibreOffice wrote nothing: %w: %s", err, said)
	}
	defer os.Remove(result) //nolint:errcheck // the folder goes with the bench
	defer f.Close()
	return readOverdue(f)
}

func readOverdue(from io.Reader) ([]int64, error) {
	r := csv.NewReader(from)
	if _, err := r.Read(); err != nil {
		return nil, fmt.Errorf("read the recalculated sheet: %w", err)
	}
	var ids []int64
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return ids, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the recalculated sheet: %w", err)
		}
		if len(row) <= stateColumn || row[stateColumn] != overdue {
			continue
		}
		id, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read the recalculated sheet: %w", err)
		}
		ids = append(ids, id)
	}
}
