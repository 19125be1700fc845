package intake

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/secret"
)

// blockRows is how many checked rows are sealed and stored as one. A sheet is read, checked and staged a block at a time.
const blockRows = 1000

// stage is where the checked rows of one import wait.
type stage struct {
	box *secret.Box
	org int32
	id  int64
}

// place binds a block to its import and its place: a sheet has far fewer than 2^24 blocks.
func (s stage) place(block int) secret.AD {
	return secret.AD{Table: "import_block", Org: s.org, ID: s.id<<24 | int64(block), Column: "rows"}
}

// pack writes lines one behind the other: row, outcome, label, problems, payload, each with its length before it.
func pack(lines []*Line) ([]byte, error) {
	var b []byte
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	for _, l := range lines {
		b = binary.AppendUvarint(b, uint64(l.Row))
		text(string(l.Outcome))
		text(l.Label)
		var problems []byte
		if len(l.Problems) > 0 {
			var err error
			if problems, err = json.Marshal(l.Problems); err != nil {
				return nil, fmt.Errorf("encode problems: %w", err)
			}
		}
		text(string(problems))
		text(l.Payload)
	}
	return b, nil
}

var errBlock = errors.New("intake: not a block of rows")

// unpack reads what pack wrote, line by line. Labels and payloads share the memory of packed.
func unpack(packed string, each func(*Line) error) error {
	rest, bad := packed, false
	number := func() uint64 {
		n, width := binary.Uvarint([]byte(rest[:min(len(rest), binary.MaxVarintLen64)]))
		if width <= 0 {
			rest, bad = "", true
			return 0
		}
		rest = rest[width:]
		return n
	}
	text := func() string {
		n := number()
		if n > uint64(len(rest)) {
			rest, bad = "", true
			return ""
		}
		s := rest[:n]
		rest = rest[n:]
		return s
	}
	for len(rest) > 0 {
		l := Line{Row: int(number()), Outcome: Outcome(text()), Label: text()}
		problems := text()
		if l.Payload = text(); bad {
			return errBlock
		}
		if problems != "" {
			if err := json.Unmarshal([]byte(problems), &l.Problems); err != nil {
				return fmt.Errorf("read problems: %w", err)
			}
		}
		if err := each(&l); err != nil {
			return err
		}
	}
	return nil
}

// block is what is known of a block without opening it.
type block struct {
	Number   int                      `db:"block"`
	First    int                      `db:"first_row"`
	Last     int                      `db:"last_row"`
	Outcomes db.JSON[map[Outcome]int] `db:"outcomes"` // rows by outcome
	Troubled db.JSON[map[Outcome]int] `db:"troubled"` // those of them that have a problem
}

// rows is how many rows of the block the filter lets through.
func (b *block) rows(f RowFilter) int {
	counts := b.Outcomes.V
	if f.Problems {
		counts = b.Troubled.V
	}
	if f.Outcome != "" {
		return counts[f.Outcome]
	}
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

const sqlClearBlocks = `delete from import_block where org_id = $1 and import_id = $2`

const sqlPutBlock = `insert into import_block (org_id, import_id, block, first_row, last_row, outcomes, troubled, rows_enc)
    values ($1, $2, $3, $4, $5, $6, $7, $8)`

// put seals lines and stores them as the block of that number.
func (s stage) put(ctx context.Context, q db.Q, number int, lines []*Line) error {
	plain, err := pack(lines)
	if err != nil {
		return err
	}
	sealed, err := s.box.Seal(plain, s.place(number))
	if err != nil {
		return fmt.Errorf("seal rows: %w", err)
	}
	outcomes, troubled := map[Outcome]int{}, map[Outcome]int{}
	for _, l := range lines {
		outcomes[l.Outcome]++
		if len(l.Problems) > 0 {
			troubled[l.Outcome]++
		}
	}
	_, err = q.ExecContext(ctx, sqlPutBlock, s.org, s.id, number, lines[0].Row, lines[len(lines)-1].Row, db.J(outcomes), db.J(troubled), sealed)
	if err != nil {
		return fmt.Errorf("stage rows: %w", err)
	}
	return nil
}

const sqlBlocks = `select block, first_row, last_row, outcomes, troubled from import_block
    where org_id = $1 and import_id = $2 order by block`

// blocks lists the blocks in the order of the sheet.
func (s stage) blocks(ctx context.Context, q db.Q) ([]block, error) {
	var out []block
	if err := q.SelectContext(ctx, &out, sqlBlocks, s.org, s.id); err != nil {
		return nil, fmt.Errorf("read blocks: %w", err)
	}
	return out, nil
}

const sqlBlock = `select rows_enc from import_block where org_id = $1 and import_id = $2 and block = $3`

// open reads the lines of one block.
func (s stage) open(ctx context.Context, q db.Q, number int, each func(*Line) error) error {
	var sealed []byte
	if err := q.GetContext(ctx, &sealed, sqlBlock, s.org, s.id, number); err != nil {
		return fmt.Errorf("read staged rows: %w", db.OneRow(err))
	}
	plain, err := s.box.Open(sealed, s.place(number))
	if err != nil {
		return fmt.Errorf("open block %d: %w", number, err)
	}
	return unpack(string(plain), each)
}

// good opens the lines that a commit takes in, without their problems.
func (s stage) good(ctx context.Context, q db.Q) ([]Line, error) {
	list, err := s.blocks(ctx, q)
	if err != nil {
		return nil, err
	}
	n := 0
	for i := range list {
		for _, o := range []Outcome{RowNew, RowChanged, RowUnchanged} {
			n += list[i].Outcomes.V[o]
		}
	}
	lines := make([]Line, 0, n)
	for _, b := range list {
		err := s.open(ctx, q, b.Number, func(l *Line) error {
			if l.Outcome == RowNew || l.Outcome == RowChanged || l.Outcome == RowUnchanged {
				lines = append(lines, Line{Row: l.Row, Outcome: l.Outcome, Payload: l.Payload})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// RowFilter narrows the rows of a preview.
type RowFilter struct {
	Outcome  Outcome
	Problems bool // only rows with a fault or a warning
}

func (f RowFilter) takes(l *Line) bool {
	return (f.Outcome == "" || f.Outcome == l.Outcome) && (!f.Problems || len(l.Problems) > 0)
}

// filtered collects the lines that the filter lets through from the row on, exclusive, at most so many: downwards, or upwards with
// back. Only blocks that hold such lines are opened.
func (s stage) filtered(ctx context.Context, q db.Q, list []block, f RowFilter, from, most int, back bool) ([]Line, error) {
	if back {
		list = slices.Clone(list)
		slices.Reverse(list)
	}
	var out []Line
	for _, b := range list {
		if b.rows(f) == 0 || !back && b.Last <= from || back && b.First >= from {
			continue
		}
		var lines []Line
		err := s.open(ctx, q, b.Number, func(l *Line) error {
			if f.takes(l) && (!back && l.Row > from || back && l.Row < from) {
				l.Payload = "" // what is to be written is for Commit alone
				lines = append(lines, *l)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if back {
			slices.Reverse(lines)
		}
		if out = append(out, lines...); most >= 0 && len(out) >= most {
			return out[:most], nil
		}
	}
	return out, nil
}

// faulty are the rows that stay out, in the order of the sheet.
func (s stage) faulty(ctx context.Context, q db.Q) ([]Line, error) {
	list, err := s.blocks(ctx, q)
	if err != nil {
		return nil, err
	}
	return s.filtered(ctx, q, list, RowFilter{Outcome: RowFaulty}, 0, -1, false)
}
