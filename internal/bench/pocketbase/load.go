package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// line is an enterprise (Name alone) or a person with the samples that were taken. Ids are those of PocketBase: fifteen
// characters, chosen by whoever wrote the file, so that both sides can be asked for the same person.
type line struct {
	ID            string      `json:"id"`
	Org           string      `json:"org"` // of a person; an enterprise has none
	Name          string      `json:"name"`
	EmployeeNo    string      `json:"employee_no"`
	Team          string      `json:"team"`
	IntervalHours float64     `json:"interval_hours"`
	NextDue       *time.Time  `json:"next_due"`
	Samples       []time.Time `json:"samples"` // of negative results, the newest first
}

// loaded says what is in the database and how to get in.
type loaded struct {
	People  int               `json:"people"`
	Samples int               `json:"samples"`
	Tokens  map[string]string `json:"tokens"` // of each enterprise's client, by the enterprise's id
	Owner   string            `json:"owner"`  // token of somebody whom no rule holds
}

const (
	sqlPerson = `insert into employee (id, org, employee_no, name, team, interval_hours, last_sampled, next_due)
		values ({:id}, {:org}, {:no}, {:name}, {:team}, {:hours}, {:last}, {:due})`
	sqlSample = `insert into sample (id, org, employee, sampled_at, result, method, lab, created)
		values ({:id}, {:org}, {:employee}, {:at}, 'negative', 'pcr', '', {:at})`
)

// load fills the tables in one transaction. How fast that goes isn't measured, so it takes the short way past the records API.
func load(app core.App, file string) (loaded, error) {
	told := loaded{Tokens: map[string]string{}}
	f, err := os.Open(file)
	if err != nil {
		return told, err
	}
	defer f.Close()
	lines := json.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	err = app.RunInTransaction(func(tx core.App) error {
		in, err := prepare(tx)
		if err != nil {
			return err
		}
		for {
			var l line
			if err := lines.Decode(&l); errors.Is(err, io.EOF) {
				return in.close()
			} else if err != nil {
				return err
			}
			if l.Org == "" {
				told.Tokens[l.ID], err = enterprise(tx, l)
			} else {
				told.People++
				told.Samples += len(l.Samples)
				err = in.add(l)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", l.ID, err)
			}
		}
	})
	if err != nil {
		return told, err
	}
	if told.Owner, err = owner(app); err != nil {
		return told, err
	}
	// PocketBase does this itself once a day.
	_, err = app.NonconcurrentDB().NewQuery("PRAGMA optimize").Execute()
	return told, err
}

// enterprise makes an enterprise with the client that may write for it, and gives the client's token.
func enterprise(app core.App, l line) (token string, err error) {
	org, err := newRecord(app, orgs)
	if err != nil {
		return "", err
	}
	org.Id = l.ID
	org.Set("name", l.Name)
	if err := app.Save(org); err != nil {
		return "", err
	}
	client, err := newRecord(app, clients)
	if err != nil {
		return "", err
	}
	client.Set("org", l.ID)
	return admit(app, client, l.ID+"@example.com")
}

// owner makes somebody who may count over all enterprises.
func owner(app core.App) (token string, err error) {
	one, err := newRecord(app, core.CollectionNameSuperusers)
	if err != nil {
		return "", err
	}
	return admit(app, one, "owner@example.com")
}

// admit saves somebody under a password that nobody knows, and gives the token to come in with.
func admit(app core.App, who *core.Record, email string) (token string, err error) {
	who.SetEmail(email)
	who.SetRandomPassword()
	if err := app.Save(who); err != nil {
		return "", err
	}
	return who.NewAuthToken()
}

func newRecord(app core.App, collection string) (*core.Record, error) {
	c, err := app.FindCachedCollectionByNameOrId(collection)
	if err != nil {
		return nil, err
	}
	return core.NewRecord(c), nil
}

// inserts are the two prepared statements of a load.
type inserts struct{ person, sample *dbx.Query }

func prepare(app core.App) (inserts, error) {
	in := inserts{person: app.NonconcurrentDB().NewQuery(sqlPerson).Prepare(), sample: app.NonconcurrentDB().NewQuery(sqlSample).Prepare()}
	return in, errors.Join(in.person.LastError, in.sample.LastError)
}

func (in inserts) close() error { return errors.Join(in.person.Close(), in.sample.Close()) }

func (in inserts) add(l line) error {
	var last, due string
	if len(l.Samples) > 0 {
		last = stamp(l.Samples[0])
	}
	if l.NextDue != nil {
		due = stamp(*l.NextDue)
	}
	_, err := in.person.Bind(dbx.Params{"id": l.ID, "org": l.Org, "no": l.EmployeeNo, "name": l.Name, "team": l.Team,
		"hours": l.IntervalHours, "last": last, "due": due}).Execute()
	for i := 0; err == nil && i < len(l.Samples); i++ {
		_, err = in.sample.Bind(dbx.Params{"id": core.GenerateDefaultRandomId(), "org": l.Org, "employee": l.ID,
			"at": stamp(l.Samples[i])}).Execute()
	}
	return err
}

// stamp writes an instant as PocketBase stores it.
func stamp(t time.Time) string { return t.UTC().Format(types.DefaultDateLayout) }
