package symptom

import (
	"encoding/json"
	"fmt"

	"github.com/fugong/fugong/internal/platform/secret"
)

// clinical is the sealed part of a report.
type clinical struct {
	Symptoms []string `json:"symptoms"`
	Note     string   `json:"note,omitempty"`
}

func place(org int32, id int64) secret.AD {
	return secret.AD{Table: "symptom_report", Org: org, ID: id, Column: "symptoms_enc"}
}

func (s *Service) seal(org int32, r Report) ([]byte, error) {
	b, err := json.Marshal(clinical{r.Symptoms, r.Note})
	if err != nil {
		return nil, fmt.Errorf("encode symptoms: %w", err)
	}
	return s.box.Seal(b, place(org, r.ID))
}

// unseal fills the clinical part of a report.
func (s *Service) unseal(org int32, sealed []byte, r *Report) error {
	b, err := s.box.Open(sealed, place(org, r.ID))
	if err != nil {
		return fmt.Errorf("report %d: %w", r.ID, err)
	}
	var c clinical
	if err := json.Unmarshal(b, &c); err != nil {
		return fmt.Errorf("report %d: decode symptoms: %w", r.ID, err)
	}
	r.Symptoms, r.Note = c.Symptoms, c.Note
	return nil
}
