package screening

// Waiting counts the tellings that wait for the next shared transaction.
func (s *Service) Waiting() int {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	return len(s.group.waiting)
}
