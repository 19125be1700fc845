package screening

// Waiting counts the tellings that wait for the next shared transaction.
func (s *Service) Waiting() int { return s.group.Waiting() }
