package screening

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/photo"
	"github.com/fugong/fugong/internal/platform/secret"
)

// MaxPhoto is the most bytes of an uploaded photo.
const MaxPhoto = 8 << 20

const (
	kindReport   = "report"   // photo of a test report
	kindEvidence = "evidence" // photo that somebody adds to a claim
	mediaJPEG    = "image/jpeg"
)

// cleanPhoto checks an upload and rids it of what the telephone wrote into it; nil for none.
func cleanPhoto(data []byte) (*photo.Photo, error) {
	if len(data) == 0 {
		return nil, nil
	}
	p, err := photo.Clean(data, photo.Limits{Bytes: MaxPhoto})
	if err == nil {
		return &p, nil
	}
	f := errs.Fields{}
	if r, ok := errors.AsType[*photo.Refusal](err); ok {
		f.Add("photo", "screening.photo."+string(r.Code))
	} else {
		f.Add("photo", "screening.photo.corrupt")
	}
	return nil, f.Err()
}

// attachment is a photo on its way into the database.
type attachment struct {
	id, employee int64
	kind         string
	photo        *photo.Photo
}

func place(org int32, id int64) secret.AD {
	return secret.AD{Table: "attachment", Org: org, ID: id, Column: "data_enc"}
}

const sqlNextAttachment = `select nextval(pg_get_serial_sequence('attachment', 'id'))`

// nextAttachment allocates the id of a photo, which it is sealed for.
func nextAttachment(ctx context.Context, q db.Q) (int64, error) {
	var id int64
	if err := q.GetContext(ctx, &id, sqlNextAttachment); err != nil {
		return 0, fmt.Errorf("allocate attachment: %w", err)
	}
	return id, nil
}

const sqlPutAttachment = `insert into attachment (org_id, id, employee_id, kind, media_type, data_enc, width, height, created_by, created_at)
    overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

func (s *Service) putAttachment(ctx context.Context, q db.Q, sc authz.Scope, a attachment, at time.Time) error {
	sealed, err := s.box.Seal(a.photo.JPEG, place(sc.Org, a.id))
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, sqlPutAttachment, sc.Org, a.id, a.employee, a.kind, mediaJPEG, sealed, a.photo.Width, a.photo.Height,
		sc.Account, at)
	if err != nil {
		return fmt.Errorf("store attachment: %w", err)
	}
	return nil
}

// Attach keeps a photo that a person adds to a claim about the own file, in the caller's transaction; 0 when there is none. It
// is seen by whom Attachment lets see it. A photo that cannot be taken is an Invalid error of the field photo.
func (s *Service) Attach(ctx context.Context, q db.Q, sc authz.Scope, upload []byte, at time.Time) (int64, error) {
	if err := sc.Require(authz.OwnFile); err != nil {
		return 0, err
	}
	picture, err := cleanPhoto(upload)
	if err != nil || picture == nil {
		return 0, err
	}
	id, err := nextAttachment(ctx, q)
	if err != nil {
		return 0, err
	}
	return id, s.putAttachment(ctx, q, sc, attachment{id: id, employee: sc.Employee, kind: kindEvidence, photo: picture}, at)
}

const sqlAttachment = `select employee_id, media_type, data_enc from attachment where org_id = $1 and id = $2`

// Attachment opens a photo for its owner and for whoever may see everyone's samples; the latter is written down. A foreign, a
// missing and a hidden one answer alike.
func (s *Service) Attachment(ctx context.Context, sc authz.Scope, id int64, at time.Time) (mediaType string, data []byte, err error) {
	if err := sc.Require(authz.OwnFile, authz.SampleRecord); err != nil {
		return "", nil, err
	}
	var a struct {
		Employee  int64  `db:"employee_id"`
		MediaType string `db:"media_type"`
		Data      []byte `db:"data_enc"`
	}
	err = s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &a, sqlAttachment, sc.Org, id); err != nil {
			return db.OneRow(err)
		}
		own := a.Employee == sc.Employee && sc.Can(authz.OwnFile)
		if !own && !sc.Can(authz.SampleRecord) {
			return errs.Missing()
		}
		if data, err = s.box.Open(a.Data, place(sc.Org, id)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "attachment.open", Subject: "attachment", SubjectID: fmt.Sprint(id),
			Employee: a.Employee, Read: true})
	})
	return a.MediaType, data, err
}
