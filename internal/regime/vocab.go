package regime

import "slices"

// Method is how a sample was tested. Only PCR satisfies the rule.
type Method string

const (
	MethodPCR          Method = "pcr"
	MethodAntigenSelf  Method = "antigen_self"
	MethodAntigenStaff Method = "antigen_staff"
)

// Valid reports whether m is one of the known methods.
func (m Method) Valid() bool {
	return m == MethodPCR || m == MethodAntigenSelf || m == MethodAntigenStaff
}

// CollectMode is how many people shared the tube.
type CollectMode string

const (
	ModeSingle CollectMode = "single"
	ModePool5  CollectMode = "pool5"
	ModePool10 CollectMode = "pool10"
	ModePool20 CollectMode = "pool20"
)

// Valid reports whether m is one of the known collection modes.
func (m CollectMode) Valid() bool {
	return m == ModeSingle || m == ModePool5 || m == ModePool10 || m == ModePool20
}

// Source is who had the sample taken. Every source counts alike.
type Source string

const (
	SourceEmployerOrg Source = "employer_org"
	SourceCommunity   Source = "community"
	SourceSelf        Source = "self"
	SourceQuarantine  Source = "quarantine"
	SourceImport      Source = "import"
)

// Valid reports whether s is one of the known sources.
func (s Source) Valid() bool {
	return slices.Contains([]Source{SourceEmployerOrg, SourceCommunity, SourceSelf, SourceQuarantine, SourceImport}, s)
}

// WorkStatus is a person's relation to the post. Only StatusOnPost owes tests.
type WorkStatus string

const (
	StatusOnPost         WorkStatus = "on_post"
	StatusWorkFromHome   WorkStatus = "work_from_home"
	StatusAwaitingReturn WorkStatus = "awaiting_return"
	StatusControlled     WorkStatus = "controlled"
	StatusLeave          WorkStatus = "leave"
	StatusResigned       WorkStatus = "resigned"
)

// Valid reports whether s is one of the known work statuses.
func (s WorkStatus) Valid() bool {
	return slices.Contains([]WorkStatus{StatusOnPost, StatusWorkFromHome, StatusAwaitingReturn,
		StatusControlled, StatusLeave, StatusResigned}, s)
}

// Category is the group a person is tested with. A pack gives each its interval.
type Category string

const (
	// CategoryGeneralStaff is the base: its rule applies to everyone whose
	// category is unknown to the pack, and no category may be looser.
	CategoryGeneralStaff Category = "general_staff"

	CategoryProductionStaff    Category = "production_staff"
	CategoryConstructionSite   Category = "construction_site"
	CategoryICCFrontline       Category = "icc_frontline"
	CategoryICCOther           Category = "icc_other"
	CategoryColdChainDomestic  Category = "cold_chain_domestic"
	CategoryHRNoncoldFrontline Category = "hr_noncold_frontline"
	CategoryNoncoldOther       Category = "noncold_other"
	CategoryIntlMail           Category = "intl_mail"
	CategoryOverseasMaterial   Category = "overseas_material"
	CategoryRetailMarket       Category = "retail_market"
	CategoryPharmacy           Category = "pharmacy"
	CategoryHotelTravel        Category = "hotel_travel"
	CategoryCourierTransport   Category = "courier_transport"
	CategoryCrowdedService     Category = "crowded_service"
	CategoryCanteen            Category = "canteen"
	CategorySecurityClean      Category = "security_clean"
	CategoryDriver             Category = "driver"
)

// Valid reports whether c is one of the known categories.
func (c Category) Valid() bool {
	return slices.Contains([]Category{CategoryGeneralStaff, CategoryProductionStaff, CategoryConstructionSite,
		CategoryICCFrontline, CategoryICCOther, CategoryColdChainDomestic, CategoryHRNoncoldFrontline,
		CategoryNoncoldOther, CategoryIntlMail, CategoryOverseasMaterial, CategoryRetailMarket, CategoryPharmacy,
		CategoryHotelTravel, CategoryCourierTransport, CategoryCrowdedService, CategoryCanteen,
		CategorySecurityClean, CategoryDriver}, c)
}

// GroundVaccinated is the ground of the exemption that a vaccination gives.
const GroundVaccinated = "vaccinated_48h"

var exemptionGrounds = []string{GroundVaccinated, "fever_symptom", "in_quarantine", "off_post", "medical"}

// ExemptionGrounds is the closed list of grounds of exemption, in the order of display.
func ExemptionGrounds() []string { return slices.Clone(exemptionGrounds) }
