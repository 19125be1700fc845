package main

import (
	"time"

	"github.com/pocketbase/pocketbase/core"
)

// keepNextDue moves a person's dates with each new negative sample, in the transaction that stores the sample: either both
// are there or neither, as with Fugong. A sample that is older than the newest known moves nothing.
func keepNextDue(app core.App) {
	app.OnRecordCreate(samples).BindFunc(func(e *core.RecordEvent) error {
		outer := e.App
		defer func() { e.App = outer }()
		return outer.RunInTransaction(func(tx core.App) error {
			e.App = tx
			if err := e.Next(); err != nil {
				return err
			}
			if e.Record.GetString("result") != "negative" {
				return nil
			}
			person, err := tx.FindRecordById(employees, e.Record.GetString("employee"))
			if err != nil {
				return err
			}
			sampled := e.Record.GetDateTime("sampled_at")
			if !sampled.After(person.GetDateTime("last_sampled")) {
				return nil
			}
			person.Set("last_sampled", sampled)
			person.Set("next_due", sampled.Add(time.Duration(person.GetFloat("interval_hours")*float64(time.Hour))))
			return tx.Save(person)
		})
	})
}
