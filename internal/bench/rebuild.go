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
