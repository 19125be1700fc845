package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/reminder"
	"github.com/fugong/fugong/web"
)

type doctorCmd struct{}

const sqlServerVersion = `select current_setting('server_version')`

const sqlBypass = `select rolsuper or rolbypassrls from pg_roles where rolname = current_user`

// Run implements the command: it looks at each thing an installation stands on and names what is wrong, without stopping at
// the first.
func (doctorCmd) Run(e *env) error {
	bad := 0
	say := func(ok bool, what, advice string) {
		mark := "ok  "
		if !ok {
			mark, what = "BAD ", what+": "+advice
			bad++
		}
		e.printf("%s%s\n", mark, what)
	}
	say(web.Built(), "web bundle", "run make web and build again")
	dir, err := e.cfg.dataDir()
	say(err == nil, "data folder "+dir, "set FUGONG_DATA")
	say(e.cfg.secure(), "people reach the program over TLS", "set FUGONG_BASE_URL to an https address; passwords travel in the clear otherwise")
	say(e.cfg.SMTP.Host != "", "mail server", "set FUGONG_SMTP_HOST and FUGONG_SMTP_FROM; without it nobody gets an e-mail")
	st, err := openStore(e.ctx, e.cfg, databaseName, e.cfg.logger(os.Stderr))
	if err != nil {
		say(false, "database", err.Error())
		return errors.New("this installation cannot start")
	}
	defer st.close(context.WithoutCancel(e.ctx))
	var version string
	err = st.db.Pool().GetContext(e.ctx, &version, sqlServerVersion)
	say(err == nil, "PostgreSQL "+version, "the server does not answer")
	var bypass bool
	err = st.db.Pool().GetContext(e.ctx, &bypass, sqlBypass)
	say(err == nil && !bypass, "row-level security binds the program", "its role must neither be a superuser nor bypass row-level security")
	if behind, fault, configured := replicaState(e.ctx, st); configured {
		if fault == nil {
			say(true, fmt.Sprintf("read replica, %s behind at most", behind.Round(time.Millisecond)), "")
		} else {
			say(false, "read replica", fault.Error()+"; reads go to the primary")
		}
	}
	if e.cfg.DirectURL != "" {
		say(true, "database through a pooler, the direct address beside it", "")
	}
	say(st.box != nil, "keys of the sealed columns", "the key file is missing")
	if e.cfg.Webhook.URL != "" {
		ok, what, advice := gateway(e.ctx, st.db, time.Now())
		say(ok, what, advice)
	}
	if bad > 0 {
		e.printf("\n%d to mend\n", bad)
	}
	return nil
}

// gateway says how the message gateway did in the last day.
func gateway(ctx context.Context, d *db.DB, now time.Time) (ok bool, what, advice string) {
	h, err := reminder.ChannelHealth(ctx, d, reminder.Webhook, now.Add(-24*time.Hour))
	if err != nil {
		return false, "message gateway", err.Error()
	}
	what = fmt.Sprintf("message gateway: %d sent, %d waiting, %d failed, %d not known in the last day", h.Sent, h.Waiting, h.Failed, h.Unsure)
	return h.Failed+h.Unsure == 0 && h.Error == "", what, "see /reminders and the log; the last error is " + h.Error
}

// replicaState is what is known of the replica after a few looks: one look finds it behind whenever the primary is being written to.
func replicaState(ctx context.Context, st *store) (behind time.Duration, fault error, configured bool) {
	const looks = 4
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for range looks {
		if behind, fault, configured = st.db.Replica(time.Now()); fault == nil {
			break
		}
		select {
		case <-ctx.Done():
			return behind, fault, configured
		case <-t.C:
		}
	}
	return behind, fault, configured
}
