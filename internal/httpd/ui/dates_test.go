package ui

import "testing"

func TestDatesStayWholeAndTextStaysText(t *testing.T) {
	for text, want := range map[string]string{
		"请在 2022-03-31 (周四) 09:00 前采样": `请在 <span class="whole">2022-03-31 (周四) 09:00</span> 前采样`,
		"<script>2022-03-31":           `&lt;script&gt;<span class="whole">2022-03-31</span>`,
		"暂时免检":                         "暂时免检",
	} {
		if got := string(Dates(text)); got != want {
			t.Errorf("%q reads %q, want %q", text, got, want)
		}
	}
}
