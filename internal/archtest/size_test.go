package archtest

import (
	"go/ast"
	"strings"
	"testing"
)

// Where growth stops. Most files stay under 250 lines and most functions under 50; these are the ends.
const (
	maxFile     = 400
	maxFunction = 70
	maxPackage  = 2850
	maxMethods  = 30
)

// roomy are packages that grow by independent files, one a scenario of the bench.
var roomy = map[string]int{"internal/bench": 5000}

func TestThingsStaySmall(t *testing.T) {
	for _, p := range load(t) {
		total := 0
		methods := map[string]int{}
		for name, f := range p.files {
			lines := p.fset.Position(f.End()).Line
			total += lines
			if lines > maxFile {
				t.Errorf("%s/%s has %d lines; %d is the end", p.path, name, lines, maxFile)
			}
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				if n := p.fset.Position(fn.End()).Line - p.fset.Position(fn.Pos()).Line + 1; n > maxFunction {
					t.Errorf("%s: %s has %d lines; %d is the end", p.path, fn.Name.Name, n, maxFunction)
				}
				if fn.Recv != nil {
					methods[receiver(fn)]++
				}
			}
		}
		if end := max(maxPackage, roomy[p.path]); total > end {
			t.Errorf("%s has %d lines; %d is the end", p.path, total, end)
		}
		for typ, n := range methods {
			if n > maxMethods {
				t.Errorf("%s.%s has %d methods; %d is the end", p.path, typ, n, maxMethods)
			}
		}
	}
}

func receiver(fn *ast.FuncDecl) string {
	e := fn.Recv.List[0].Type
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if ix, ok := e.(*ast.IndexExpr); ok {
		e = ix.X
	}
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return "?"
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range load(t) {
		var doc string
		for _, f := range p.files {
			if f.Doc != nil {
				doc += f.Doc.Text()
			}
		}
		if len(strings.TrimSpace(doc)) < 40 {
			t.Errorf("%s has no package comment", p.path)
		}
	}
}
