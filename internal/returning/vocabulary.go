package returning

// Transports lists the ids of ways to travel.
func Transports() []string {
	return []string{"train", "plane", "coach", "self_drive", "carpool", "company_bus", "other"}
}

// HealthCodes lists the colours of the health code; gold is Shandong's green with a vaccination.
func HealthCodes() []string { return []string{"green", "gold_vaccinated", "yellow", "red"} }

// TripCards lists the faces of the trip card.
func TripCards() []string { return []string{"green", "starred", "yellow", "orange", "red"} }

// Risks lists what an area can be: the risk levels, then the control zones.
func Risks() []string {
	return []string{"low", "medium", "high", "precaution", "controlled", "locked"}
}

// barring are the areas that bar from the post for the days looked back.
var barring = []string{"medium", "high", "locked"}

// ControlLevels lists the measures that keep from work.
func ControlLevels() []string {
	return []string{"home_monitor", "home_quarantine", "central_quarantine", "hospital"}
}

// ContactKinds lists the kinds of contact that are asked for. Contact with goods from abroad is asked for and bars nobody.
func ContactKinds() []string {
	return []string{"confirmed_contact", "secondary_contact", "fever_contact", contactGoods}
}

const contactGoods = "overseas_goods_contact"

// Symptoms lists the ids of symptoms that are asked for.
func Symptoms() []string {
	return []string{"fever", "dry_cough", "cough", "fatigue", "sore_throat", "smell_loss", "taste_loss", "diarrhea",
		"nasal_congestion", "runny_nose", "conjunctivitis", "myalgia", "headache", "dyspnea"}
}
