package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/bench/peer"
)

// compareReading compares what people of the largest enterprise look at, asked through both APIs by one program that waits for each answer.
func (p *peers) compareReading(ctx context.Context, pb *peer.PocketBase) error {
	o := p.City.Largest
	name := []rune(o.Person(o.First).Name)
	part := string(name[max(0, len(name)-2):])
	draw := p.Rand("peers read")
	var person int64
	for _, f := range []struct {
		figure, note string
		ask          func(api peer.API) (int, error)
		alike        bool // both answer the same number
	}{
		{"peers.sweep", "everybody overdue in the largest enterprise, as JSON",
			func(api peer.API) (int, error) { return api.Overdue(ctx, o.ID, p.at) }, false},
		{"peers.list", "fifty people by name, with the total", func(api peer.API) (int, error) { return api.List(ctx, o.ID) }, true},
		{"peers.search", "two characters of a name, with the total", func(api peer.API) (int, error) { return api.Search(ctx, o.ID, part) }, true},
		{"peers.timeline", "the newest fifty samples of one person",
			func(api peer.API) (int, error) { return api.Timeline(ctx, o.ID, person) }, false},
	} {
		counts := map[bool]int{}
		once := func(side bool, api peer.API) (float64, error) {
			var times []float64
			for range p.times(20) {
				person = o.RandomIn(draw)
				ms, err := Ms(func() (err error) {
					counts[side], err = f.ask(api)
					return err
				})
				if err != nil {
					return 0, fmt.Errorf("%s: %w", f.figure, err)
				}
				times = append(times, ms)
			}
			return SpreadOf(times).Median, nil
		}
		c, err := p.Compare(ctx, func(context.Context) (float64, error) { return once(false, pb) },
			func(context.Context) (float64, error) { return once(true, p.fugong) })
		if err != nil {
			return err
		}
		if f.alike {
			if err := checkf(counts[true] == counts[false] && counts[true] > 0, "%s: %d people here, %d in PocketBase", f.figure, counts[true], counts[false]); err != nil {
				return err
			}
		}
		p.Record(Figure{Scenario: f.figure, Value: c.Value.Median, Unit: "ms", Floor: c.Floor.Median, Peer: pocketBase, Ratio: c.Ratio.Median,
			Low: c.Ratio.Low, High: c.Ratio.High,
			Note: fmt.Sprintf("%s: %d here, %d there, of %d people and %d samples", f.note, counts[true], counts[false], pb.People, pb.Samples)})
	}
	return nil
}

// times is how often something short is asked in a round.
func (p *peers) times(n int) int {
	if p.Quick() {
		return 1
	}
	return n
}

// sqlOwing lists whose sample was due by an instant, whether they have given it by now and wait for its result or not: those whom a
// spreadsheet that knows results only takes for overdue.
const sqlOwing = `select employee_id from standing where org_id = any($1) and due_at <= $2 order by 1`

// compareSheet compares how long it takes until the list of the overdue is right: a workbook is opened and worked out, or the
// product is asked.
func (p *peers) compareSheet(ctx context.Context) error {
	const figure = "peers.sheet"
	limited, cancel := patience(ctx, sheetWait)
	defer cancel()
	calc, err := peer.FindCalc(limited, filepath.Join(p.dir, "office"))
	if err != nil {
		return p.missing(err, "LibreOffice", figure)
	}
	var people []peer.Person
	size := sheetPeople
	if p.Scale == Town || p.Scale == BigCity {
		size = sheetInCity
	}
	orgs, err := p.enterprises(ctx, min(size, p.City.Spec.People), sheetWeeks, func(_ *Org, list []peer.Person) error {
		people = append(people, list...)
		return nil
	})
	if err != nil {
		return err
	}
	book := filepath.Join(p.dir, "people.xlsx")
	if err := peer.WriteSheet(book, people, p.at); err != nil {
		return err
	}
	var owing []int64
	if err := p.Admin.SelectContext(ctx, &owing, sqlOwing, pq.Array(ids(orgs)), p.at); err != nil {
		return fmt.Errorf("list who owes a sample: %w", err)
	}
	slow, err := p.recalculation(limited, calc, book, owing, people[:1])
	if err != nil {
		return p.missing(err, calc.Version, figure)
	}
	overdue := 0
	quick, err := p.Repeat(ctx, func(ctx context.Context) (float64, error) {
		overdue = 0
		return Ms(func() error {
			for _, o := range orgs {
				n, err := p.fugong.Overdue(ctx, o.ID, p.at)
				if err != nil {
					return err
				}
				overdue += n
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	p.Record(Figure{Scenario: figure, Value: quick.Median, Unit: "ms", Floor: slow.Median, Peer: calc.Version, Low: quick.Low, High: quick.High,
		Note: fmt.Sprintf("everybody overdue, of %d people with %d weeks of samples; both find the same %d (%d overdue, the others await a result)",
			len(people), sheetWeeks, len(owing), overdue)})
	return nil
}

// recalculation opens the workbook, and asserts that it tells the people whom the product tells. A small one is opened
// first, since a first start lays out the profile.
func (p *peers) recalculation(ctx context.Context, calc *peer.Calc, book string, owing []int64, few []peer.Person) (Spread, error) {
	small := filepath.Join(p.dir, "few.xlsx")
	if err := peer.WriteSheet(small, few, p.at); err != nil {
		return Spread{}, err
	}
	if _, err := calc.Overdue(ctx, small); err != nil {
		return Spread{}, err
	}
	start := time.Now()
	told, err := calc.Overdue(ctx, book)
	if err != nil {
		return Spread{}, err
	}
	took := float64(time.Since(start).Milliseconds())
	slices.Sort(told)
	return SpreadOf([]float64{took}), checkf(slices.Equal(told, owing), "the sheet tells %d people overdue, the product %d", len(told), len(owing))
}
