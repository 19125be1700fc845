package main

import "github.com/pocketbase/pocketbase/core"

// Names of the collections.
const (
	orgs      = "org"
	clients   = "client"
	employees = "employee"
	samples   = "sample"
)

// Who may see and write: the client of the enterprise, and nobody else.
const (
	ofOwnOrg     = `@request.auth.collectionName = "client" && org = @request.auth.org`
	mayLogSample = ofOwnOrg + ` && employee.org = org`
)

func createCollections(app core.App) error {
	org := core.NewBaseCollection(orgs)
	org.Fields.Add(&core.TextField{Name: "name", Required: true})
	if err := app.Save(org); err != nil {
		return err
	}

	client := core.NewAuthCollection(clients)
	client.Fields.Add(relation("org", org))
	// No password is asked for while it is measured; a cheap one lets thousands of clients be made in seconds.
	client.Fields.GetByName(core.FieldNamePassword).(*core.PasswordField).Cost = 4
	if err := app.Save(client); err != nil {
		return err
	}

	employee := core.NewBaseCollection(employees)
	employee.Fields.Add(relation("org", org), &core.TextField{Name: "employee_no"}, &core.TextField{Name: "name", Required: true},
		&core.TextField{Name: "team"}, &core.NumberField{Name: "interval_hours"},
		&core.DateField{Name: "last_sampled"}, &core.DateField{Name: "next_due"})
	employee.AddIndex("employee_number", true, "org, employee_no", "")
	employee.AddIndex("employee_name", false, "org, name", "")
	employee.AddIndex("employee_due", false, "org, next_due", "")
	seenBy(employee, ofOwnOrg)
	if err := app.Save(employee); err != nil {
		return err
	}

	sample := core.NewBaseCollection(samples)
	sample.Fields.Add(relation("org", org), relation("employee", employee), &core.DateField{Name: "sampled_at", Required: true},
		&core.SelectField{Name: "result", Values: []string{"pending", "negative", "positive", "invalid"}, MaxSelect: 1, Required: true},
		&core.SelectField{Name: "method", Values: []string{"pcr", "antigen"}, MaxSelect: 1, Required: true},
		&core.TextField{Name: "lab"}, &core.AutodateField{Name: "created", OnCreate: true})
	sample.AddIndex("sample_of_person", true, "employee, sampled_at", "")
	seenBy(sample, ofOwnOrg)
	sample.CreateRule = ptr(mayLogSample)
	return app.Save(sample)
}

func relation(name string, to *core.Collection) *core.RelationField {
	return &core.RelationField{Name: name, CollectionId: to.Id, MaxSelect: 1, Required: true}
}

func seenBy(c *core.Collection, rule string) { c.ListRule, c.ViewRule = ptr(rule), ptr(rule) }

func ptr(s string) *string { return &s }
