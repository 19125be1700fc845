package db_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/dbtest"
)

// What goes in as columns comes out as rows, whatever the texts hold.
func TestColumnsArriveAsRows(t *testing.T) {
	pool := open(t, dbtest.New(t), 2)
	type row struct {
		ID    int64      `db:"id"`
		Text  string     `db:"t"`
		Bytes []byte     `db:"b"`
		Yes   bool       `db:"yes"`
		At    *time.Time `db:"at"`
	}
	at := time.Date(2022, 3, 24, 8, 30, 0, 123456000, time.FixedZone("CST", 8*3600))
	want := []row{{1, "张三", []byte{0, 0x5c, 0xff}, true, &at}, {-2, `a"b\c{d},NULL`, nil, false, nil}, {3, "", []byte{1}, true, &at}, {4, "NULL", nil, false, nil}, {5, "行\n1", nil, true, nil}}
	c := db.Columns(5)
	for _, r := range want {
		c[0].Int(r.ID)
		c[1].Text(r.Text)
		c[2].Bytes(r.Bytes)
		c[3].Bool(r.Yes)
		if r.At == nil {
			c[4].Time(time.Time{})
		} else {
			c[4].Time(*r.At)
		}
	}
	var got []row
	err := pool.InTx(t.Context(), db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		return tx.SelectContext(t.Context(), &got, `select * from unnest($1::bigint[], $2::text[], $3::bytea[], $4::boolean[], $5::timestamptz[])
			as u (id, t, b, yes, at) where $6`, &c[0], &c[1], &c[2], &c[3], &c[4], true)
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i := range c {
		c[i].Reset()
	}
	var n int
	err = pool.InTx(t.Context(), db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		return tx.GetContext(t.Context(), &n, `select count(*) + $1 from unnest($2::bigint[], $3::text[])`, db.Args(c[:2], 7)...)
	})
	if err != nil || n != 7 {
		t.Errorf("empty columns: %d rows and 7, %v", n, err)
	}
}
