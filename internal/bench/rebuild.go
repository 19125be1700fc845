package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/identity/authz"
)

// rebuild lets the product evaluate everybody of the city, enterprise by enterprise, two at a time.
func rebuild(ctx context.Context, app *Subject, c *City) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	at := time.Now()
	for _, o := range c.Orgs {
		g.Go(func() error {
			return app.DB.InTx(ctx, authz.System("bench").ForOrg(o.ID).Tenant(), func(tx *sqlx.Tx) error {
				n, err := app.Standings.Rebuild(ctx, tx, o.ID, at)
				if err == nil && n != o.Size {
					err = fmt.Errorf("evaluated %d people of enterprise %d, which has %d", n, o.ID, o.Size)
				}
				return err
			})
		})
	}
	return g.Wait()
}

const sqlWaiting = `select count(*) from delivery where state in ('queued', 'sending') and next_at <= $1`

// remindFor bounds how long reminders are handed over before anything is measured.
const remindFor = 4 * time.Minute

// remind runs the product's own jobs until all reminders of the day are planned and handed over: else the server would be at it for
// its first minutes, and no figure would be of a day like others.
func remind(ctx context.Context, app *Subject, admin *sqlx.DB) error {
	ctx, cancel := context.WithTimeoutCause(ctx, remindFor, fmt.Errorf("reminders take longer than %v", remindFor))
	defer cancel()
	for {
		now := time.Now()
		for _, j := range app.Reminders.Jobs() {
			if _, err := j.Run(ctx, now); err != nil {
				return fmt.Errorf("%s: %w", j.Name, err)
			}
		}
		var waiting int
		if err := admin.GetContext(ctx, &waiting, sqlWaiting, now); err != nil || waiting == 0 {
			return err
		}
	}
}
