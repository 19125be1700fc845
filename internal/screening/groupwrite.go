package screening

import (
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/client"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/standing"
)

// One statement writes all that belongs to the tellings: standings, samples, log, and the answers to programs. The first
// parameters are those of the standings.
const sqlGroup = `with renewal as (` + standing.FragRenewals + `), moved as (` + standing.FragRenew + `),
    told as (
        select org, employee, timestamptz 'epoch' + sampled * interval '1 microsecond' as sampled,
            timestamptz 'epoch' + reported * interval '1 microsecond' as reported,
            timestamptz 'epoch' + tested * interval '1 microsecond' as tested, mode, source, proof, institution, lab, barcode, note, by_account,
            timestamptz 'epoch' + at * interval '1 microsecond' as at, by_name, role, reason, name, request, client, key, hash, answer
        from unnest($16::integer[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::text[], $22::text[], $23::text[],
                $24::text[], $25::text[], $26::text[], $27::text[], $28::bigint[], $29::bigint[], $30::text[], $31::text[], $32::text[],
                $33::text[], $34::text[], $35::integer[], $36::text[], $37::bytea[], $38::text[])
            as u (org, employee, sampled, reported, tested, mode, source, proof, institution, lab, barcode, note, by_account, at, by_name,
                role, reason, name, request, client, key, hash, answer)),
    stored as (
        insert into sample (org_id, employee_id, sampled_at, reported_at, tested_at, result, collect_mode, source, proof, institution,
            lab, barcode, note, entered_by, entered_at)
        select org, employee, sampled, reported, tested, 'negative', mode, source, proof, institution, lab, barcode, note, by_account, at
        from told),
    entry as (
        select org as org_id, at, by_account as actor, by_name as actor_name, role, 'sample.record' as action, 'sample' as subject,
            name as subject_id, employee as employee_id, false as is_read, reason,
            jsonb_build_object('outcome', 'new', 'proof', proof) as detail, request as request_id
        from told),
    logged as (` + audit.FragLog + `),
    answer as (select client as client_id, key, hash as request_hash, answer as response, at as created_at from told where key <> ''),
    kept as (` + client.FragKeep + `)
    select count(*) from moved`

// groupArgs are the parameters behind those of the standings.
func groupArgs(tickets []*ticket) []any {
	n := len(tickets)
	var (
		orgs, clients                         = make(db.Ints[int32], n), make(db.Ints[int32], n)
		employees, by                         = make(db.Ints[int64], n), make(db.Ints[int64], n)
		sampled, reported, tested, at         = make(db.Micros, n), make(db.Micros, n), make(db.Micros, n), make(db.Micros, n)
		mode, source, proof, institution, lab = texts(n), texts(n), texts(n), texts(n), texts(n)
		barcode, note, actor, role, reason    = texts(n), texts(n), texts(n), texts(n), texts(n)
		name, request, keys, answers          = texts(n), texts(n), texts(n), texts(n)
		hashes                                = make([][]byte, n)
	)
	for i, t := range tickets {
		v := &t.version
		orgs[i], employees[i], sampled[i] = t.sc.Org, t.key.Employee, t.key.SampledAt
		reported[i], tested[i], at[i] = v.ReportedAt, v.TestedAt, t.at
		mode[i], source[i], proof[i], institution[i] = string(v.Mode), string(v.Source), string(v.Proof), v.Institution
		lab[i], barcode[i], note[i], by[i] = v.Lab, v.Barcode, v.Note, t.sc.Account
		actor[i], role[i], reason[i], name[i], request[i] = t.sc.Actor, string(t.sc.Role), t.reason, t.key.String(), t.sc.RequestID
		clients[i], keys[i], hashes[i], answers[i] = t.receipt.Client, t.receipt.Key, t.receipt.Request, t.answer
	}
	return []any{orgs, employees, sampled, reported, tested, db.Texts(mode), db.Texts(source), db.Texts(proof), db.Texts(institution),
		db.Texts(lab), db.Texts(barcode), db.Texts(note), by, at, db.Texts(actor), db.Texts(role), db.Texts(reason), db.Texts(name),
		db.Texts(request), clients, db.Texts(keys), db.Blobs(hashes), db.Texts(answers)}
}
