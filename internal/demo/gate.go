package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/returning"
)

// measures are the contact roles and control levels of which the showpiece firm has one each: since how many hours, by whose word.
var measures = []struct {
	kind, ground, note string
	hours              int
}{
	{"close_contact", hold.GroundCDCNotice, "区疾控中心协查函", 138},
	{"secondary_contact", hold.GroundCDCNotice, "区疾控中心协查函", 71},
	{"co_spatiotemporal", hold.GroundCommunityNotice, "社区电话通知", 47},
	{"general_risk", hold.GroundSelfDeclared, "本人申报：去过涉疫商场", 23},
	{"home_quarantine", hold.GroundCommunityNotice, "社区居家隔离通知书", 95},
	{"home_monitor", hold.GroundCommunityNotice, "社区居家监测通知", 50},
	{"two_point_one_line", hold.GroundCommunityNotice, "社区两点一线告知", 190},
	{"self_monitor", hold.GroundCDCNotice, "解除隔离后自我监测", 42},
}

// holds: one for symptoms that can be released, one of each of the measures, and a group that waits for a second person.
func (s *stage) holds(ctx context.Context) error {
	if _, err := s.unwell(ctx, s.officer, s.written, s.Cast.Releasable, 37.5, s.ago(49*time.Hour)); err != nil {
		return err
	}
	for k, i := range s.Cast.Measures {
		m := measures[k]
		from := s.ago(time.Duration(m.hours) * time.Hour)
		o := hold.Order{Act: hold.ActPut, Who: hold.Selector{By: hold.ByPerson, Value: fmt.Sprint(s.files[i])}, Kind: m.kind, Ground: m.ground, From: from, Note: m.note}
		if err := s.order(ctx, o, from.Add(40*time.Minute)); err != nil {
			return fmt.Errorf("%s: %w", m.kind, err)
		}
		if m.kind == "close_contact" {
			s.concerned = append(s.concerned, s.files[i])
		}
	}
	numbers := make([]string, len(s.Cast.Group))
	for k, i := range s.Cast.Group {
		numbers[k] = s.People[i].No
	}
	return s.order(ctx, hold.Order{Act: hold.ActPut, Who: hold.Selector{By: hold.ByList, Value: strings.Join(numbers, " ")}, Kind: "general_risk",
		Ground: hold.GroundCommunityNotice, From: s.ago(70 * time.Minute), Note: "社区通知：3月21日同乘一辆城际公交，待疾控排查"}, s.ago(25*time.Minute))
}

func (s *stage) order(ctx context.Context, o hold.Order, at time.Time) error {
	groups := s.Holds.Groups()
	p, err := groups.Preview(ctx, s.officer, o, at)
	if err != nil {
		return err
	}
	_, err = groups.Commit(ctx, s.officer, o, p.Tag(), at)
	return err
}

func (s *stage) release(ctx context.Context, employee, held int64, at time.Time) error {
	return s.Holds.Release(ctx, s.officer, employee, held, hold.Release{Reason: "已退热满 24 小时，之后采样的核酸阴性"}, at)
}

// returns: three declarations with which everything is in order, one of which the person made on the telephone; one sent back for what is
// missing, one for which the officer asks an exception, and one half filled in.
func (s *stage) returns(ctx context.Context) error {
	for k, i := range s.Cast.Ready {
		by := s.officer
		if k == 0 {
			var err error
			if by, err = s.card(ctx, s.manager, s.People[i], s.ago(5*24*time.Hour)); err != nil {
				return err
			}
		}
		if _, err := s.declare(ctx, by, i, s.declaration(k), true); err != nil {
			return fmt.Errorf("ready: %w", err)
		}
	}
	away := s.declaration(1)
	away.Reported, away.ReportedAt = returning.No, time.Time{}
	key, err := s.declare(ctx, s.officer, s.Cast.Deferred, away, false)
	if err != nil {
		return fmt.Errorf("deferred: %w", err)
	}
	if err := s.Returns.Defer(ctx, s.officer, key, 0, "请先向社区报备并做一次核酸，再交承诺书", s.ago(90*time.Minute)); err != nil {
		return fmt.Errorf("deferred: %w", err)
	}
	if key, err = s.declare(ctx, s.officer, s.Cast.Override, s.declaration(2), true); err != nil {
		return fmt.Errorf("override: %w", err)
	}
	if err := s.Returns.ProposeOverride(ctx, s.officer, key, 0, "核酸采样已过 48 小时，今早已重采，结果傍晚出；配电房今天只有此人持证", s.ago(35*time.Minute)); err != nil {
		return fmt.Errorf("override: %w", err)
	}
	by, err := s.card(ctx, s.manager, s.People[s.Cast.Draft], s.ago(4*24*time.Hour))
	if err != nil {
		return err
	}
	begun, err := s.begin(ctx, by, s.Cast.Draft)
	if err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	half := returning.Declaration{OriginArea: "山东省滨州市邹平市", Transport: "self_drive", Outside: returning.Yes}
	_, err = s.Returns.Save(ctx, by, begun.Key, 0, returning.Telling{Declaration: half}, s.ago(2*time.Hour))
	return err
}

func (s *stage) begin(ctx context.Context, by authz.Scope, i int) (returning.Case, error) {
	return s.Returns.Begin(ctx, by, returning.Opening{Employee: s.files[i], Planned: s.at.AddDate(0, 0, 1).Format(time.DateOnly), Consent: true}, s.ago(4*time.Hour))
}

// declare hands a declaration in.
func (s *stage) declare(ctx context.Context, by authz.Scope, i int, d returning.Declaration, pledged bool) (returning.Key, error) {
	c, err := s.begin(ctx, by, i)
	if err != nil {
		return c.Key, err
	}
	if _, err := s.Returns.Save(ctx, by, c.Key, 0, returning.Telling{Declaration: d}, s.ago(3*time.Hour)); err != nil {
		return c.Key, err
	}
	_, err = s.Returns.Submit(ctx, by, c.Key, 0, pledged, s.ago(170*time.Minute))
	return c.Key, err
}

// declaration is that of somebody who stayed in the city, or came from outside and told the community.
func (s *stage) declaration(k int) returning.Declaration {
	degrees := 36.2 + float64(k)/10
	d := returning.Declaration{OriginArea: "淄博市博山区", Transport: "self_drive", Outside: returning.No, RiskStay: returning.No, Overseas: returning.No,
		NoContact: true, HealthCode: "green", CodeCheckedAt: s.ago(3*time.Hour + 10*time.Minute), TripCard: "green", Temperature: &degrees, Well: true}
	if k > 0 {
		d.OriginArea, d.Transport, d.TripNo, d.ViaAreas = "山东省济宁市兖州区", "train", "G1086", "济南市"
		d.DepartAt, d.ArriveAt = s.ago(45*time.Hour), s.ago(42*time.Hour)
		d.Outside, d.Reported, d.ReportedAt = returning.Yes, returning.Yes, s.ago(41*time.Hour)
	}
	return d
}
