package org

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/platform/stamp"
)

// Settings is what an org's own administrator may change.
type Settings struct {
	ShortName    string
	ResumeStatus string
	// Robot is the whole address of the WeCom group robot as WeCom shows it, key included. Empty keeps the one there is.
	Robot       string
	RemoveRobot bool
}

// SaveSettings changes the settings of the scope's own org.
func (s *Service) SaveSettings(ctx context.Context, sc authz.Scope, in Settings, at time.Time) error {
	if err := sc.Require(authz.OrgSettings); err != nil {
		return err
	}
	in.ShortName = strings.TrimSpace(in.ShortName)
	f := errs.Fields{}
	if utf8.RuneCountInString(in.ShortName) > maxShortName {
		f.Add("short_name", "error.too_long", "Max", maxShortName)
	}
	if !slices.Contains(ResumeStatuses(), in.ResumeStatus) {
		f.Add("resume_status", "error.choice")
	}
	base, key := s.splitRobot(f, in.Robot)
	if err := f.Err(); err != nil {
		return err
	}
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var old Org
		if err := tx.GetContext(ctx, &old, sqlLock, sc.Org); err != nil {
			return db.OneRow(err)
		}
		now := old
		now.ShortName, now.ResumeStatus = in.ShortName, in.ResumeStatus
		detail := changes(old, now)
		if err := s.saveRobot(ctx, tx, sc.Org, base, key, in.RemoveRobot, detail); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, sqlSettings, sc.Org, now.ShortName, now.ResumeStatus, at); err != nil {
			return fmt.Errorf("save settings: %w", err)
		}
		if err := stamp.Raise(ctx, tx, stamp.Access); err != nil {
			return err
		}
		return record(ctx, tx, sc, at, "org.settings", old, detail)
	})
	s.forget()
	return err
}

const sqlSettings = `update org set short_name = $2, resume_status = $3, updated_at = $4 where id = $1`

const sqlSetRobot = `update org set robot_url = $2, robot_key_enc = $3 where id = $1`

func (s *Service) saveRobot(ctx context.Context, tx db.Q, id int32, base, key string, remove bool, detail map[string]any) error {
	var sealed []byte
	switch {
	case base != "":
		var err error
		if sealed, err = s.box.Seal([]byte(key), robotAD(id)); err != nil {
			return err
		}
		detail["robot"] = "set"
	case remove:
		detail["robot"] = "removed"
	default:
		return nil
	}
	if _, err := tx.ExecContext(ctx, sqlSetRobot, id, base, sealed); err != nil {
		return fmt.Errorf("save robot: %w", err)
	}
	return nil
}

func robotAD(id int32) secret.AD {
	return secret.AD{Table: "org", Org: id, ID: int64(id), Column: "robot_key"}
}

// robotPath is what WeCom puts behind its origin in a robot's address.
const robotPath = "/cgi-bin/webhook/send"

var robotKey = regexp.MustCompile(`^[A-Za-z0-9-]{1,100}$`)

// splitRobot parts a robot's address as WeCom shows it into the base, which may be shown, and the key, which is sealed.
func (s *Service) splitRobot(f errs.Fields, address string) (base, key string) {
	address = strings.TrimSpace(address)
	if address == "" {
		return "", ""
	}
	u, err := url.Parse(address)
	if err != nil || u.User != nil || !slices.Contains(s.hosts, u.Scheme+"://"+u.Host) {
		f.Add("robot", "org.robot.host")
		return "", ""
	}
	before, ours := strings.CutSuffix(u.EscapedPath(), robotPath)
	key = u.Query().Get("key")
	if !ours || !robotKey.MatchString(key) {
		f.Add("robot", "org.robot.key")
		return "", ""
	}
	return u.Scheme + "://" + u.Host + before, key
}

const sqlRobot = `select robot_url, robot_key_enc from org where id = $1`

// Robot returns the base address (without robotPath) and the key of an org's group robot, both empty when it has none.
func (s *Service) Robot(ctx context.Context, q db.Q, id int32) (base, key string, err error) {
	var row struct {
		URL string `db:"robot_url"`
		Key []byte `db:"robot_key_enc"`
	}
	if err := q.GetContext(ctx, &row, sqlRobot, id); err != nil {
		return "", "", db.OneRow(err)
	}
	if row.URL == "" {
		return "", "", nil
	}
	plain, err := s.box.Open(row.Key, robotAD(id))
	if err != nil {
		return "", "", fmt.Errorf("robot key: %w", err)
	}
	return row.URL, string(plain), nil
}

// MaskedRobot is the address of the scope's own robot with most of its key hidden, "" when it has none.
func (s *Service) MaskedRobot(ctx context.Context, sc authz.Scope) (string, error) {
	if err := sc.Require(authz.OrgSettings); err != nil {
		return "", err
	}
	base, key, err := s.Robot(ctx, s.db.Pool(), sc.Org)
	if err != nil || base == "" {
		return "", err
	}
	shown := min(4, len(key)/4)
	return base + robotPath + "?key=" + key[:shown] + "****", nil
}
