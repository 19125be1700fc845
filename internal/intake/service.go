package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// MaxFile bounds an uploaded sheet, in bytes.
const MaxFile = 20 << 20

// The kinds of background task.
const (
	TaskCheck  = "intake.check"
	TaskCommit = "intake.commit"
)

// Zones finds the zone of an org; days and times in a sheet are the org's.
type Zones func(ctx context.Context, org int32) (*time.Location, error)

// Service runs imports.
type Service struct {
	db    *db.DB
	box   *secret.Box
	clock clock.Clock
	zones Zones
	kinds map[string]Kind
	order []string
}

// New returns a service that knows the kinds.
func New(d *db.DB, box *secret.Box, c clock.Clock, zones Zones, kinds ...Kind) *Service {
	s := &Service{db: d, box: box, clock: c, zones: zones, kinds: map[string]Kind{}}
	for _, k := range kinds {
		s.kinds[k.Name()] = k
		s.order = append(s.order, k.Name())
	}
	return s
}

// Register hands the queue the work that follows an upload and a decision.
func (s *Service) Register(q *jobs.Queue) {
	q.Handle(TaskCheck, s.check)
	q.Handle(TaskCommit, s.commit)
}

// Kinds lists the kinds that the scope may import.
func (s *Service) Kinds(sc authz.Scope) []string {
	var out []string
	for _, name := range s.order {
		if sc.Can(s.kinds[name].Permission()) {
			out = append(out, name)
		}
	}
	return out
}

// Kind finds a kind that the scope may import.
func (s *Service) Kind(sc authz.Scope, name string) (Kind, error) {
	k, ok := s.kinds[name]
	if !ok {
		return nil, errs.Missing()
	}
	return k, sc.Require(k.Permission())
}

// Upload keeps the file and queues its check. A file that is no sheet at all is refused at once, as a fault of the field
// "file", and nothing is kept.
func (s *Service) Upload(ctx context.Context, sc authz.Scope, kind, filename string, data []byte, at time.Time) (int64, error) {
	k, err := s.Kind(sc, kind)
	if err != nil {
		return 0, err
	}
	if len(data) > MaxFile {
		return 0, refused(&sheet.Refusal{Kind: sheet.RefusedTooLarge, Args: map[string]any{"limit": MaxFile}})
	}
	if _, err := sheet.Open(filename, data, sheet.Limits{File: MaxFile}); err != nil {
		return 0, refused(err)
	}
	var id int64
	err = s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &id, sqlNextImport); err != nil {
			return fmt.Errorf("number the import: %w", err)
		}
		sealed, err := s.box.Seal(data, fileAD(sc.Org, id))
		if err != nil {
			return fmt.Errorf("seal the file: %w", err)
		}
		sum := sha256.Sum256(data)
		name := cleanName(filename)
		_, err = tx.ExecContext(ctx, sqlInsertImport, sc.Org, id, k.Name(), name, sealed, len(data), sum[:], sc.Account, sc.Actor, at)
		if err != nil {
			return fmt.Errorf("keep the file: %w", err)
		}
		if _, err := jobs.Enqueue(ctx, tx, sc.Org, TaskCheck, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "import.upload", Subject: "import", SubjectID: fmt.Sprint(id),
			Detail: map[string]any{"kind": kind, "bytes": len(data)}})
	})
	return id, err
}

// cleanName keeps the last part of a file name, at most a hundred characters of it.
func cleanName(name string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	if !utf8.ValidString(name) || name == "." || name == "/" {
		return "sheet"
	}
	if r := []rune(name); len(r) > 100 {
		return string(r[len(r)-100:])
	}
	return name
}

// refused puts a refusal of the whole file at the field of the form.
func refused(err error) error {
	f := errs.Fields{}
	f["file"] = refusalMessage(err)
	return &errs.Error{Code: errs.Unsupported, Message: f["file"], Fields: f, Err: err}
}

func refusalMessage(err error) errs.Message {
	var r *sheet.Refusal
	if !errors.As(err, &r) {
		return errs.Msg("intake.refused.damaged")
	}
	args := map[string]any{}
	for k, v := range r.Args {
		args[k] = v
	}
	if n, ok := asInt(args["limit"]); ok && (r.Kind == sheet.RefusedTooLarge || r.Kind == sheet.RefusedBomb) {
		args["limit"] = fmt.Sprintf("%d MB", n>>20)
	}
	return errs.Message{Key: "intake.refused." + string(r.Kind), Args: args}
}

func asInt(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	}
	return 0, false
}

// Get reads an import of the scope's org.
func (s *Service) Get(ctx context.Context, sc authz.Scope, id int64) (Import, jobs.Status, error) {
	var i Import
	var task jobs.Status
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if i, err = s.visible(ctx, tx, sc, id); err != nil {
			return err
		}
		kind := TaskCheck
		if i.State == Committing || i.State == Done {
			kind = TaskCommit
		}
		task, err = jobs.StatusOf(ctx, tx, sc.Org, kind, id)
		if errs.Is(err, errs.NotFound) {
			return nil // the task's row was cleared long ago
		}
		return err
	})
	return i, task, err
}

// visible loads an import that the scope may see: one of its org and of a kind it may import.
func (s *Service) visible(ctx context.Context, q db.Q, sc authz.Scope, id int64) (Import, error) {
	i, err := load(ctx, q, sc.Org, id)
	if err != nil {
		return i, err
	}
	if k, ok := s.kinds[i.Kind]; !ok || !sc.Can(k.Permission()) {
		return Import{}, errs.Missing()
	}
	return i, nil
}

// Commit queues the writing of the good rows. With all set it refuses when a row is faulty.
func (s *Service) Commit(ctx context.Context, sc authz.Scope, id int64, all bool, at time.Time) error {
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		i, err := s.visible(ctx, tx, sc, id)
		if err != nil {
			return err
		}
		if all && i.Faulty() > 0 {
			return errs.New(errs.Conflict, "intake.has_faults", "Count", i.Faulty())
		}
		if i.Good() == 0 {
			return errs.New(errs.Conflict, "intake.nothing_good")
		}
		moved, err := move(ctx, tx, sc.Org, id, Committing, Ready)
		if err != nil {
			return err
		}
		if !moved {
			return errs.New(errs.Conflict, "intake.not_ready")
		}
		if _, err := jobs.Enqueue(ctx, tx, sc.Org, TaskCommit, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "import.commit", Subject: "import", SubjectID: fmt.Sprint(id),
			Detail: map[string]any{"kind": i.Kind, "rows": i.Good(), "left_out": i.Faulty()}})
	})
}

// Cancel drops an import that has not been committed; its rows and its file go.
func (s *Service) Cancel(ctx context.Context, sc authz.Scope, id int64, at time.Time) error {
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if _, err := s.visible(ctx, tx, sc, id); err != nil {
			return err
		}
		moved, err := move(ctx, tx, sc.Org, id, Cancelled, Queued, Ready, Failed)
		if err != nil {
			return err
		}
		if !moved {
			return errs.New(errs.Conflict, "intake.not_ready")
		}
		if err := s.drop(ctx, tx, sc.Org, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "import.cancel", Subject: "import", SubjectID: fmt.Sprint(id)})
	})
}

const sqlDropFile = `update import set file_enc = null where org_id = $1 and id = $2`

func (s *Service) drop(ctx context.Context, q db.Q, org int32, id int64) error {
	if _, err := q.ExecContext(ctx, sqlClearBlocks, org, id); err != nil {
		return fmt.Errorf("drop rows: %w", err)
	}
	if _, err := q.ExecContext(ctx, sqlDropFile, org, id); err != nil {
		return fmt.Errorf("drop file: %w", err)
	}
	return nil
}

const sqlOld = `select org_id, id from import where file_enc is not null and created_at < $1 limit 500`

// retention is how long the file and the staged rows of an import are kept; migrations name the same in data_class.
const retention = 7 * 24 * time.Hour

// Jobs is the dropping of old files.
func (s *Service) Jobs() []jobs.Job {
	return []jobs.Job{{Name: "intake.retention", Spec: "CRON_TZ=Asia/Shanghai 20 3 * * *", Run: func(ctx context.Context, slot time.Time) (string, error) {
		var old []struct {
			Org int32 `db:"org_id"`
			ID  int64 `db:"id"`
		}
		err := s.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
			old = old[:0]
			if err := tx.SelectContext(ctx, &old, sqlOld, slot.Add(-retention)); err != nil {
				return err
			}
			for _, o := range old {
				if err := s.drop(ctx, tx, o.Org, o.ID); err != nil {
					return err
				}
			}
			return nil
		})
		return fmt.Sprintf("dropped %d files", len(old)), err
	}}}
}
