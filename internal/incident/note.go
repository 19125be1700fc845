package incident

import (
	"context"
	"encoding/json"
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

// What a note tells of.
const (
	EventOpened    = "opened"    // Kind; Employee if one
	EventJoined    = "joined"    // a further hold: Kind, Employee
	EventDone      = "done"      // of Step, Text
	EventSkipped   = "skipped"   // of Step, Text is the reason
	EventAssigned  = "assigned"  // of Step to Name
	EventRequested = "requested" // support of the CDC asked for, Text
	EventEscalated = "escalated" // of Step to Level
	EventContacts  = "contacts"  // Count people listed
	EventAsked     = "asked"     // Count contacts shall wait, if a second person confirms
	EventWithdrawn = "withdrawn" // the asking, of Count contacts
	EventWaiting   = "waiting"   // Count contacts told to wait in place
	EventOutcome   = "outcome"   // Outcome
	EventNoted     = "noted"     // Text
	EventClosed    = "closed"    // Outcome, Text is the look back
	EventTaken     = "taken"     // the list was handed over, Count people, Text is the reason
)

// Note is one line of the record.
type Note struct {
	ID    int64
	Step  string
	Round int
	Photo bool
	Actor string
	At    time.Time // when it was entered
	Body
}

// Body is the sealed part of a note. Which fields are filled the event says.
type Body struct {
	Event    string `json:"event"`
	Text     string `json:"text,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Employee int64  `json:"employee,omitempty"`
	Name     string `json:"name,omitempty"`
	Level    string `json:"level,omitempty"`
	Outcome  string `json:"outcome,omitempty"`
	Count    int    `json:"count,omitempty"`
}

// notebook keeps the sealed record of incidents.
type notebook struct{ box *secret.Box }

func place(org int32, id int64, column string) secret.AD {
	return secret.AD{Table: "incident_note", Org: org, ID: id, Column: column}
}

const sqlNextNote = `select nextval(pg_get_serial_sequence('incident_note', 'id'))`

const sqlAddNote = `insert into incident_note (org_id, incident_id, id, step, round, text_enc, photo_enc, actor, actor_name, at)
    overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

// write seals a note and adds it to the record; step may be zero.
func (b notebook) write(ctx context.Context, q db.Q, sc authz.Scope, incident int64, at stepKey, n Body, picture []byte, now time.Time) error {
	var id int64
	if err := q.GetContext(ctx, &id, sqlNextNote); err != nil {
		return fmt.Errorf("allocate note: %w", err)
	}
	plain, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode note: %w", err)
	}
	text, err := b.box.Seal(plain, place(sc.Org, id, "text_enc"))
	if err != nil {
		return err
	}
	var sealed []byte
	if picture != nil {
		if sealed, err = b.box.Seal(picture, place(sc.Org, id, "photo_enc")); err != nil {
			return err
		}
	}
	_, err = q.ExecContext(ctx, sqlAddNote, sc.Org, incident, id, at.step, max(at.round, 1), text, sealed, sc.Account, sc.Actor, now)
	if err != nil {
		return fmt.Errorf("store note: %w", err)
	}
	return nil
}

// stepKey names a step of an incident; zero is none.
type stepKey struct {
	step  string
	round int
}

const sqlNotes = `select n.id, n.step, n.round, n.text_enc, n.photo_enc is not null as photo, n.actor_name, n.at
    from incident_note n where n.org_id = $1 and n.incident_id = $2 order by n.at, n.id`

// notesOf opens the record of an incident, the oldest line first.
func (b notebook) of(ctx context.Context, q db.Q, org int32, incident int64) ([]Note, error) {
	var rows []struct {
		ID    int64     `db:"id"`
		Step  string    `db:"step"`
		Round int       `db:"round"`
		Text  []byte    `db:"text_enc"`
		Photo bool      `db:"photo"`
		Actor string    `db:"actor_name"`
		At    time.Time `db:"at"`
	}
	if err := q.SelectContext(ctx, &rows, sqlNotes, org, incident); err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	notes := make([]Note, len(rows))
	for i, r := range rows {
		notes[i] = Note{ID: r.ID, Step: r.Step, Round: r.Round, Photo: r.Photo, Actor: r.Actor, At: r.At}
		plain, err := b.box.Open(r.Text, place(org, r.ID, "text_enc"))
		if err != nil {
			return nil, fmt.Errorf("note %d: %w", r.ID, err)
		}
		if err := json.Unmarshal(plain, &notes[i].Body); err != nil {
			return nil, fmt.Errorf("note %d: %w", r.ID, err)
		}
	}
	return notes, nil
}

// cleanPhoto checks an upload and rids it of what the telephone wrote into it; nil for none.
func cleanPhoto(f errs.Fields, data []byte) []byte {
	if len(data) == 0 {
		return nil
	}
	p, err := photo.Clean(data, photo.Limits{Bytes: MaxPhoto})
	if err == nil {
		return p.JPEG
	}
	if r, ok := errors.AsType[*photo.Refusal](err); ok {
		f.Add("photo", "incident.photo."+string(r.Code))
	} else {
		f.Add("photo", "incident.photo.corrupt")
	}
	return nil
}

// Remark adds a line, with or without a photo, to the record of an open or closed incident.
func (s *Service) Remark(ctx context.Context, sc authz.Scope, incident int64, text string, picture []byte, at time.Time) error {
	if err := sc.Require(authz.IncidentRun); err != nil {
		return err
	}
	f := errs.Fields{}
	checkText(f, "text", text, true)
	clean := cleanPhoto(f, picture)
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if _, err := reach(ctx, tx, sc, incident, false); err != nil {
			return err
		}
		if err := s.notes.write(ctx, tx, sc, incident, stepKey{}, Body{Event: EventNoted, Text: text}, clean, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "incident.note", Subject: "incident", SubjectID: fmt.Sprint(incident)})
	})
}

const sqlPhoto = `select n.photo_enc from incident_note n
    where n.org_id = $1 and n.incident_id = $2 and n.id = $3 and n.photo_enc is not null`

// Photo opens the picture of a note as JPEG and writes the reading down.
func (s *Service) Photo(ctx context.Context, sc authz.Scope, incident, note int64, at time.Time) ([]byte, error) {
	if err := sc.Require(authz.IncidentRun); err != nil {
		return nil, err
	}
	var picture []byte
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var sealed []byte
		err := tx.GetContext(ctx, &sealed, sqlPhoto, sc.Org, incident, note)
		if err != nil {
			return db.OneRow(err)
		}
		if picture, err = s.notes.box.Open(sealed, place(sc.Org, note, "photo_enc")); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "incident.photo", Subject: "incident", SubjectID: fmt.Sprint(incident), Read: true})
	})
	return picture, err
}
