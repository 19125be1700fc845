package migrations

// Place says where a table lives when the database is spread over several machines.
type Place string

// The places.
const (
	Tenant    Place = "tenant"    // cut by org_id, the rows of an org side by side on one machine
	Reference Place = "reference" // whole on every machine: small, and joined from everywhere
	Local     Place = "local"     // on the coordinator alone: claimed row by row, or gone by tomorrow
)

// Places is the place of every table. A table that is missing here fails a test, and so does one that does not fit its place.
var Places = map[string]Place{
	"division": Reference, "org": Reference, "account": Reference, "api_client": Reference, "rule_pack": Reference, "rule_change": Reference,
	"data_class": Reference,

	"task": Local, "job_run": Local, "setting": Local, "session": Local, "idempotency": Local, "invitation": Local,
	"stamp": Local, "snapshot": Local, "area_now": Local, "area_week": Local, "feed_row": Local, "feed_hit": Local,

	"audit_log": Tenant, "team": Tenant, "employee": Tenant, "employee_change": Tenant, "account_team": Tenant, "import": Tenant,
	"import_row": Tenant, "import_block": Tenant, "attachment": Tenant, "sample": Tenant, "sample_revision": Tenant, "symptom_report": Tenant, "hold": Tenant,
	"hold_set": Tenant, "standing": Tenant, "reminder": Tenant, "delivery": Tenant, "org_now": Tenant, "org_week": Tenant,
	"exemption": Tenant, "vaccination": Tenant, "tube": Tenant, "return_case": Tenant, "incident": Tenant, "incident_step": Tenant,
	"incident_person": Tenant, "incident_note": Tenant, "dispute": Tenant, "correction_batch": Tenant, "quality_week": Tenant,
}
