package org

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
)

const (
	maxName      = 100
	maxShortName = 20
)

var bureauCode = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{1,31}$`)

// tidy brings what was typed into the spelling that is stored.
func tidy(o Org) Org {
	o.Code = gb.NormalizeUSCC(o.Code)
	o.Name, o.ShortName = strings.TrimSpace(o.Name), strings.TrimSpace(o.ShortName)
	if o.TimeZone == "" {
		o.TimeZone = "Asia/Shanghai"
	}
	if o.ResumeStatus == "" {
		o.ResumeStatus = "full"
	}
	if o.RulePack == "" {
		o.RulePack = "zibo-2022-03"
	}
	return o
}

func (s *Service) check(ctx context.Context, o Org) error {
	divisions, err := s.Divisions(ctx)
	if err != nil {
		return err
	}
	f := errs.Fields{}
	if !slices.Contains([]string{Enterprise, Bureau, Operator}, o.Kind) {
		f.Add("kind", "error.choice")
	}
	checkCode(f, o)
	checkName(f, "name", o.Name, maxName)
	if utf8.RuneCountInString(o.ShortName) > maxShortName {
		f.Add("short_name", "error.too_long", "Max", maxShortName)
	}
	if _, err := time.LoadLocation(o.TimeZone); err != nil || o.TimeZone == "Local" {
		f.Add("time_zone", "error.choice")
	}
	checkPlace(f, o, divisions)
	if o.Industry != "" && !slices.Contains(Industries(), o.Industry) {
		f.Add("industry", "error.choice")
	}
	if o.Size != "" && !slices.Contains(Sizes(), o.Size) {
		f.Add("size", "error.choice")
	}
	if !slices.Contains(ResumeStatuses(), o.ResumeStatus) {
		f.Add("resume_status", "error.choice")
	}
	return f.Err()
}

func checkName(f errs.Fields, field, name string, longest int) {
	switch {
	case name == "":
		f.Add(field, "error.required")
	case utf8.RuneCountInString(name) > longest:
		f.Add(field, "error.too_long", "Max", longest)
	}
}

// checkCode: an enterprise is named by its social credit code. A few early codes were issued with a wrong check character,
// so that fault alone may be overridden by somebody who holds the licence.
func checkCode(f errs.Fields, o Org) {
	if o.Code == "" {
		f.Add("code", "error.required")
		return
	}
	if o.Kind != Enterprise {
		if !bureauCode.MatchString(o.Code) {
			f.Add("code", "org.code.short")
		}
		return
	}
	var p *gb.Problem
	if !errors.As(gb.CheckUSCC(o.Code), &p) {
		return
	}
	if p.Code == gb.Checksum && o.CodeConfirmed {
		return
	}
	f.Add("code", "org.code."+string(p.Code))
}

// checkPlace: a functional zone is a reporting line but no address of GB/T 2260.
func checkPlace(f errs.Fields, o Org, divisions []Division) {
	kind := map[string]string{}
	for _, d := range divisions {
		kind[d.Code] = d.Kind
	}
	if k := kind[o.GBDistrict]; o.GBDistrict != "" && k != "district" && k != "county" {
		f.Add("gb_district", "error.choice")
	}
	switch k := kind[o.AdminZone]; {
	case o.AdminZone == "" && o.Kind == Enterprise:
		f.Add("admin_zone", "error.required")
	case o.AdminZone != "" && (k == "" || k == "city" && o.Kind == Enterprise):
		f.Add("admin_zone", "error.choice")
	}
}
