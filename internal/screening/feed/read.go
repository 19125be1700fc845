package feed

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

// feeder takes one body in.
type feeder struct {
	service *Service
	sc      authz.Scope
	at      time.Time
	tally   *tally
	lanes   []*lane
	decoder decoder
	count   int
	known   atomic.Bool // some sample was known before
	waiting []row       // read, but not yet looked up
}

// read reads the body to its end, or to where it cannot be read any more; what was read till then is kept.
func (f *feeder) read(ctx context.Context, in rows) error {
	var v values
	for ctx.Err() == nil {
		line, faults, err := in.next(&v)
		switch {
		case ended(err):
			return f.lookUp(ctx)
		case err != nil:
			return f.kept(ctx, err)
		}
		if f.count == f.service.maxRows {
			return f.kept(ctx, errs.New(errs.TooLarge, "api.feed.too_many", "Max", f.count))
		}
		f.count++
		if faults != nil {
			f.refuse(line, faults)
			continue
		}
		if err := f.take(ctx, line, &v); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// kept looks up what was read before an end that came too early.
func (f *feeder) kept(ctx context.Context, cause error) error {
	if err := f.lookUp(ctx); err != nil {
		return err
	}
	return cause
}

func (f *feeder) close(ctx context.Context) error {
	f.tally.add(f.count, nil)
	for _, l := range f.lanes {
		if err := l.hand(ctx); err != nil {
			return fmt.Errorf("feed: %w", err)
		}
		close(l.full)
	}
	return nil
}

func (f *feeder) refuse(line int, faults errs.Fields) { f.tally.refuse(1, firstFault(line, faults)) }

// take checks a row. One that says whom it means by a number goes on its way, others wait to be looked up together.
func (f *feeder) take(ctx context.Context, line int, v *values) error {
	in, faults := f.decoder.input(v)
	r := row{line: line}
	if faults == nil {
		r.version, r.settled, faults = in.Accept(f.sc, f.at)
		r.sampled, r.late = in.SampledAt.Truncate(time.Second), reason(in.LateReason)
	}
	if faults = f.mean(&r, v, faults); len(faults) > 0 {
		f.refuse(line, faults)
		return nil
	}
	if r.index != nil || r.file != 0 {
		return f.lane(&r).add(ctx, &r)
	}
	if f.waiting = append(f.waiting, r); len(f.waiting) < batchRows {
		return nil
	}
	return f.lookUp(ctx)
}

// lane is where the rows about a person go. Most are named by the same number each time; whoever is named in two ways is safe in
// any lane, only the order of the rows is not kept then.
func (f *feeder) lane(r *row) *lane {
	n := r.file
	if r.index != nil {
		n = int64(r.index[0])
	}
	return f.lanes[n%int64(len(f.lanes))]
}

// mean finds out whom a row means. A laboratory of the city names people by identity number alone.
func (f *feeder) mean(r *row, v *values, faults errs.Fields) errs.Fields {
	r.index = match.IdentityIndex(f.service.cfg.Box, string(v[idNumber]))
	named := len(v[idNumber])+len(v[employeeNo])+len(v[name]) > 0
	switch {
	case f.sc.CityLab() && (r.index == nil || len(v[employeeID]) > 0):
		return fault(faults, idNumber, "api.feed.identity")
	case len(v[employeeID]) > 0 && named:
		return fault(faults, employeeID, "api.match.two_ways")
	case len(v[employeeID]) > 0:
		id, err := strconv.ParseInt(string(v[employeeID]), 10, 64)
		if err != nil || id < 1 {
			return fault(faults, employeeID, "api.match.nobody")
		}
		r.file = id
	case !named:
		return fault(faults, employeeID, "api.match.nothing")
	case r.index == nil:
		r.who = match.Key{EmployeeNo: string(v[employeeNo]), Name: string(v[name])}
		if r.surest = name; len(bytes.TrimSpace(v[employeeNo])) > 0 {
			r.surest = employeeNo
		}
	}
	return faults
}

// reason is one line of why a row comes late.
func reason(text string) string {
	const most = 200
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.TrimSpace(text))
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}

// lookUp finds the files of the rows that wait, in the feeder's own enterprise, by the rules of the API.
func (f *feeder) lookUp(ctx context.Context) error {
	if len(f.waiting) == 0 {
		return nil
	}
	keys := make([]match.Key, len(f.waiting))
	for i, r := range f.waiting {
		keys[i] = r.who
	}
	var found []match.Found
	err := f.service.cfg.DB.Read(ctx, f.sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		found, err = f.service.cfg.Employees.Match(ctx, tx, f.sc.Org, keys)
		return err
	})
	if err != nil {
		return err
	}
	for i := range f.waiting {
		r := &f.waiting[i]
		if faults := doubt(r, found[i]); faults != nil {
			f.refuse(r.line, faults)
			continue
		}
		r.file = found[i].ID
		if err := f.lane(r).add(ctx, r); err != nil {
			return err
		}
	}
	f.waiting = f.waiting[:0]
	return nil
}

// doubt says why what was found may not be trusted: a result must not land in the file of somebody else.
func doubt(r *row, found match.Found) errs.Fields {
	switch {
	case found.Candidates > 1 && found.By == match.ByName:
		return fault(nil, name, "api.match.several", "Count", found.Candidates)
	case found.ID == 0:
		return fault(nil, r.surest, "api.match.nobody")
	case found.By == match.ByNumber && found.NameDiffers:
		return fault(nil, name, "api.match.name_differs")
	}
	return nil
}
