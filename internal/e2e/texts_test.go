package e2e

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/web"
)

// A use is a key of a text as the program names it; where the rest is put in at run time, only the prefix is known.
type use struct {
	key    string
	prefix bool
	at     string
}

// TestEveryTextExists looks for every key that templates and Go code name, in both languages. Where a key is put together at run
// time, at least one text must begin as it does.
func TestEveryTextExists(t *testing.T) {
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	uses := append(templateUses(t), codeUses(t)...)
	if len(uses) < 500 {
		t.Errorf("only %d keys found: the search is broken", len(uses))
	}
	for _, lang := range i18n.Languages() {
		p := catalog.Printer(lang)
		keys := p.Keys()
		for _, u := range uses {
			if !u.prefix && !p.Has(u.key) {
				t.Errorf("%s: %s has no text in %s", u.at, u.key, lang)
			}
			if u.prefix && !begins(keys, u.key) {
				t.Errorf("%s: no text of %s begins with %s", u.at, lang, u.key)
			}
		}
	}
}

func begins(keys []string, prefix string) bool {
	for _, k := range keys {
		if strings.HasPrefix(k, prefix) {
			return true
		}
	}
	return false
}

// templateUses finds {{.T "key"}} and its kin in every template.
func templateUses(t *testing.T) []use {
	t.Helper()
	files, err := fs.Glob(web.Templates, "*/*.html")
	if err != nil {
		t.Fatal(err)
	}
	var uses []use
	for _, name := range files {
		text, err := fs.ReadFile(web.Templates, name)
		if err != nil {
			t.Fatal(err)
		}
		tree := parse.New(name)
		tree.Mode = parse.SkipFuncCheck
		set := map[string]*parse.Tree{}
		if _, err := tree.Parse(string(text), "", "", set); err != nil {
			t.Fatal(err)
		}
		for _, part := range set {
			uses = append(uses, nodeUses(name, part.Root)...)
		}
	}
	return uses
}

func nodeUses(name string, n parse.Node) (uses []use) {
	visit := func(nodes ...parse.Node) {
		for _, n := range nodes {
			uses = append(uses, nodeUses(name, n)...)
		}
	}
	branch := func(b *parse.BranchNode) {
		visit(b.Pipe, b.List)
		if b.ElseList != nil {
			visit(b.ElseList)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		visit(n.Nodes...)
	case *parse.ActionNode:
		visit(n.Pipe)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			visit(c)
		}
	case *parse.TemplateNode:
		if n.Pipe != nil {
			visit(n.Pipe)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.CommandNode:
		visit(n.Args...)
		if len(n.Args) > 1 && strings.HasSuffix(n.Args[0].String(), ".T") {
			uses = append(uses, argumentUse(name, n.Args[1])...)
		}
	}
	return uses
}

// argumentUse reads the key that .T is given: a literal, or printf with a format that ends in a verb.
func argumentUse(name string, arg parse.Node) []use {
	switch a := arg.(type) {
	case *parse.StringNode:
		return []use{{key: a.Text, at: name}}
	case *parse.PipeNode:
		c := a.Cmds[0]
		if format, ok := c.Args[min(1, len(c.Args)-1)].(*parse.StringNode); ok && c.Args[0].String() == "printf" {
			prefix, _, _ := strings.Cut(format.Text, "%")
			return []use{{key: prefix, prefix: true, at: name}}
		}
	}
	return nil
}

// keyArgument tells which argument of a function of this name is a key; -1 for none. Texts reach the reader through these.
func keyArgument(call *ast.CallExpr) int {
	name, on := "", ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if x, ok := f.X.(*ast.Ident); ok {
			on = x.Name
		}
	}
	switch {
	case name == "t" || name == "T" || name == "Msg":
		return 0
	case on == "errs" && name == "New", name == "Add" && len(call.Args) >= 2:
		return 1
	case on == "httpd" && (name == "Done" || name == "Flash"):
		return 2
	}
	return -1
}

// keyIn is the expression that gives the key, where a node is a use of a text.
func keyIn(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		if i := keyArgument(n); i >= 0 && i < len(n.Args) {
			return n.Args[i]
		}
	case *ast.CompositeLit: // errs.Message{Key: "key"}
		s, ok := n.Type.(*ast.SelectorExpr)
		if !ok || s.Sel.Name != "Message" {
			return nil
		}
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok && fmt.Sprint(kv.Key) == "Key" {
				return kv.Value
			}
		}
	}
	return nil
}

// codeUses finds the keys in the Go code of the program.
func codeUses(t *testing.T) []use {
	t.Helper()
	var uses []use
	files := token.NewFileSet()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if e := keyIn(n); e != nil {
				if key, prefix := literal(e); strings.Contains(key, ".") {
					uses = append(uses, use{key: key, prefix: prefix, at: strings.TrimPrefix(files.Position(n.Pos()).String(), root+string(os.PathSeparator))})
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return uses
}

// literal reads a string literal, or the literal that a sum begins with.
func literal(e ast.Expr) (text string, prefix bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			if s, err := strconv.Unquote(e.Value); err == nil {
				return s, false
			}
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			text, _ := literal(e.X)
			return text, text != ""
		}
	}
	return "", false
}

// TestTextsCount shows that every text reads well for one and for many, however the number comes.
func TestTextsCount(t *testing.T) {
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Languages() {
		p := catalog.Printer(lang)
		for _, key := range p.Keys() {
			if p.T(key, "Count", 5) == p.T(key, "Count", 6) {
				continue // counts nothing
			}
			for _, n := range []any{0, 1, 2, "1", "1,234"} {
				if text := p.T(key, "Count", n); strings.Contains(text, "⟦") {
					t.Errorf("%s in %s for %v: %s", key, lang, n, text)
				}
			}
		}
	}
}

// TestTextSearchSees shows that the search finds keys where they stand.
func TestTextSearchSees(t *testing.T) {
	found := fmt.Sprint(templateUses(t), codeUses(t))
	for _, want := range []string{"{auth.sign_in false auth/signin.html}", "{intake.new. true intake/form.html}", "{error.not_found false", "{state. true"} {
		if !strings.Contains(found, want) {
			t.Errorf("%s is not found", want)
		}
	}
}
