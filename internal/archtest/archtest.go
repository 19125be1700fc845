// Package archtest holds the house to its shape: which package may import which, who writes a table, that every SQL
// statement fits the migrated schema, where echo may be known, and how large things may grow. It has only tests; what it
// needs to read the tree stands here.
package archtest

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/fugong/fugong/"

// pkg is one package of the module, its test files left out.
type pkg struct {
	path    string // relative to the module, for instance internal/employee
	fset    *token.FileSet
	files   map[string]*ast.File
	imports map[string]token.Position // module-relative or foreign import path
	others  map[string]*pkg           // every package of the module, by path
}

// load parses every package below cmd, internal, migrations and web. Parsing in the test itself lets Go's test cache see
// the files that were read.
func load(t *testing.T) []*pkg {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var pkgs []*pkg
	others := map[string]*pkg{}
	for _, top := range []string{"cmd", "internal", "migrations", "web"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "dist" || foreign(path) {
				return filepath.SkipDir
			}
			p, err := parseDir(root, path)
			if p != nil {
				p.others, others[p.path] = others, p
				pkgs = append(pkgs, p)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return pkgs
}

// foreign tells the folder of another module, which has a shape of its own.
func foreign(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func parseDir(root, dir string) (*pkg, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, dir)
	if err != nil {
		return nil, err
	}
	p := &pkg{path: filepath.ToSlash(rel), fset: token.NewFileSet(), files: map[string]*ast.File{}, imports: map[string]token.Position{}}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(p.fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		p.files[name] = f
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return nil, err
			}
			p.imports[strings.TrimPrefix(path, module)] = p.fset.Position(i.Pos())
		}
	}
	if len(p.files) == 0 {
		return nil, nil
	}
	return p, nil
}

// statement is one string constant of a package with its name and place. own leaves out the parts that another package wrote.
type statement struct {
	name, text, own string
	pos             token.Position
}

// constants evaluates the package's string constants, also those joined from others.
func (p *pkg) constants() []statement {
	exprs, places, order := p.expressions()
	var out []statement
	for _, name := range order {
		if text, ok := evaluate(exprs[name], exprs, p.foreign); ok {
			own, _ := evaluate(exprs[name], exprs, func(string, string) (string, bool) { return "", true })
			out = append(out, statement{name: name, text: text, own: own, pos: p.fset.Position(places[name])})
		}
	}
	return out
}

// foreign evaluates a string constant of an imported package of the module.
func (p *pkg) foreign(name, constant string) (string, bool) {
	for path := range p.imports {
		if other := p.others[path]; other != nil && filepath.Base(path) == name {
			exprs, _, _ := other.expressions()
			return evaluate(exprs[constant], exprs, other.foreign)
		}
	}
	return "", false
}

// expressions finds what the package's names are set to.
func (p *pkg) expressions() (map[string]ast.Expr, map[string]token.Pos, []string) {
	exprs := map[string]ast.Expr{}
	places := map[string]token.Pos{}
	var order []string
	for _, f := range p.files {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, name := range spec.Names {
				if i < len(spec.Values) {
					exprs[name.Name], places[name.Name] = spec.Values[i], name.Pos()
					order = append(order, name.Name)
				}
			}
			return true
		})
	}
	return exprs, places, order
}

func evaluate(e ast.Expr, known map[string]ast.Expr, foreign func(pkg, name string) (string, bool)) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		return constant.StringVal(constant.MakeFromLiteral(e.Value, e.Kind, 0)), true
	case *ast.BinaryExpr:
		a, okA := evaluate(e.X, known, foreign)
		b, okB := evaluate(e.Y, known, foreign)
		return a + b, okA && okB && e.Op == token.ADD
	case *ast.Ident:
		if x, ok := known[e.Name]; ok {
			return evaluate(x, known, foreign)
		}
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return foreign(x.Name, e.Sel.Name)
		}
	case *ast.ParenExpr:
		return evaluate(e.X, known, foreign)
	}
	return "", false
}
