// Package authz says who may do what. A Scope travels as an explicit argument from the edge to every service; the first line
// of a service method asks it. Roles are bundles of permissions; nothing else in the program asks for a role by name.
package authz

import (
	"slices"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Role is what an account is.
type Role string

// The roles.
const (
	Worker         Role = "worker"
	TeamLeader     Role = "team_leader"
	HealthOfficer  Role = "health_officer"
	FirmAdmin      Role = "firm_admin"
	DistrictBureau Role = "district_bureau"
	CityBureau     Role = "city_bureau"
	Auditor        Role = "auditor"
	Admin          Role = "admin"
)

// Lab is a laboratory of the city: a program, never an account. It deposits results of any enterprise's people and reads nothing.
const Lab Role = "lab"

// Roles lists every role that an account may have.
func Roles() []Role {
	return []Role{Worker, TeamLeader, HealthOfficer, FirmAdmin, DistrictBureau, CityBureau, Auditor, Admin}
}

// Permission is one thing that may be done.
type Permission string

// The permissions. "own" things concern the signed-in person's file, "team" things the teams an account leads, the rest the
// whole org; bureau things concern rollups of the divisions in scope.
const (
	OwnFile        Permission = "own.file"        // see the own file, log own samples and symptoms
	TeamView       Permission = "team.view"       // who of the team is due; never results or symptoms
	TeamRecord     Permission = "team.record"     // log a sample or symptom for a member
	EmployeeView   Permission = "employee.view"   // list and open files
	EmployeeEdit   Permission = "employee.edit"   // add, edit, place, leave, return
	EmployeeReveal Permission = "employee.reveal" // see an unmasked number, with a reason
	EmployeeExport Permission = "employee.export" // take lists out
	RosterImport   Permission = "roster.import"
	SampleRecord   Permission = "sample.record"
	SampleImport   Permission = "sample.import"
	SymptomRecord  Permission = "symptom.record"
	HoldPut        Permission = "hold.put" // hold people on a ground; groups beyond a size need a second person
	HoldRelease    Permission = "hold.release"
	ExemptionEdit  Permission = "exemption.edit" // exemptions, vaccinations, leave
	ReturnReview   Permission = "return.review"  // decide who returns to post
	IncidentRun    Permission = "incident.run"
	IncidentStep   Permission = "incident.step" // do a step of an incident of the own team
	DisputeAnswer  Permission = "dispute.answer"
	RulesView      Permission = "rules.view"
	RulesChange    Permission = "rules.change" // propose and confirm, for the own enterprise or for divisions
	QualityView    Permission = "quality.view"
	WeekView       Permission = "week.view"
	ReminderView   Permission = "reminder.view"
	ReminderSend   Permission = "reminder.send"
	InvitePrint    Permission = "invite.print" // activation sheets for teams
	OrgSettings    Permission = "org.settings" // own org's contact, robot, accounts
	AccountManage  Permission = "account.manage"
	ClientManage   Permission = "client.manage" // API tokens
	BureauView     Permission = "bureau.view"
	BureauExport   Permission = "bureau.export"
	AuditView      Permission = "audit.view"
	AuditAll       Permission = "audit.all"  // the logs of every org; the reading is itself recorded
	OrgManage      Permission = "org.manage" // create enterprises and bureaus
	SystemView     Permission = "system.view"
)

var firm = []Permission{EmployeeView, EmployeeEdit, EmployeeReveal, EmployeeExport, RosterImport, SampleRecord, SampleImport,
	SymptomRecord, HoldPut, HoldRelease, ExemptionEdit, ReturnReview, IncidentRun, IncidentStep, DisputeAnswer, RulesView, RulesChange,
	QualityView, WeekView, ReminderView, ReminderSend, InvitePrint}

var granted = map[Role][]Permission{
	Worker:         {OwnFile},
	TeamLeader:     {OwnFile, TeamView, TeamRecord, IncidentStep},
	HealthOfficer:  firm,
	FirmAdmin:      append(slices.Clone(firm), OrgSettings, AccountManage, ClientManage, AuditView),
	DistrictBureau: {BureauView, BureauExport, RulesView, QualityView},
	CityBureau:     {BureauView, BureauExport, ClientManage, RulesView, RulesChange, QualityView},
	Auditor:        {AuditView, AuditAll, RulesView, QualityView},
	Admin:          {OrgManage, AccountManage, ClientManage, AuditView, AuditAll, SystemView, RulesView},
	Lab:            {SampleImport},
}

// Grants reports whether a role holds a permission.
func Grants(r Role, p Permission) bool { return slices.Contains(granted[r], p) }

// Scope is who acts, for whom, and how far the act may reach. The zero value may do nothing.
type Scope struct {
	Account   int64
	Actor     string // name for the audit log
	Role      Role
	Org       int32
	Employee  int64   // the account's own file, 0 if it has none
	Teams     []int64 // teams a leader leads
	Division  string  // reporting line of a district bureau
	RequestID string
	system    bool
	only      []Permission // when set, an API token narrows the role to these
}

// System is a named identity for jobs: it sees every org and may do everything. It never comes from a request.
func System(name string) Scope { return Scope{Actor: "system:" + name, Role: "system", system: true} }

// ForOrg narrows the scope of a job to one org.
func (s Scope) ForOrg(org int32) Scope {
	s.Org = org
	return s
}

// Narrow limits the scope to a set of permissions, as API tokens do.
func (s Scope) Narrow(ps []Permission) Scope {
	s.only = slices.Clone(ps)
	return s
}

// IsSystem reports whether a job acts.
func (s Scope) IsSystem() bool { return s.system }

// Can reports whether the scope holds the permission.
func (s Scope) Can(p Permission) bool {
	if s.system {
		return true
	}
	if s.only != nil && !slices.Contains(s.only, p) {
		return false
	}
	return Grants(s.Role, p)
}

// CityLab reports whether the scope is that of a laboratory of the city, whose results may be about any enterprise's people. It has
// no files of its own and sees none.
func (s Scope) CityLab() bool { return s.Role == Lab && s.Can(SampleImport) }

// Require returns a Forbidden error unless the scope holds one of the permissions.
func (s Scope) Require(ps ...Permission) error {
	if slices.ContainsFunc(ps, s.Can) {
		return nil
	}
	if s.Account == 0 && !s.system {
		return errs.New(errs.Unauthenticated, "error.unauthenticated")
	}
	return errs.New(errs.Forbidden, "error.forbidden")
}

// Leads reports whether the scope leads the team.
func (s Scope) Leads(team int64) bool { return slices.Contains(s.Teams, team) }

// Tenant is whose rows the scope's transactions may see: its own org's; the bureau also every rollup; a job without an org
// everything.
func (s Scope) Tenant() db.Tenant {
	if s.system {
		return db.Tenant{Org: s.Org, System: true}
	}
	return db.Tenant{Org: s.Org, Bureau: s.Can(BureauView)}
}
