package shell

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// A variable of the shell stands in texts between these two runes, which no
// file has, until it is known where the text goes.
const (
	varOpen  = "\ue000"
	varClose = "\ue001"
)

// words returns what a command is called with.
func (r *reader) words(args []*syntax.Word) ([]string, error) {
	var out []string
	var bad error
	for _, a := range args {
		text, err := r.text(a)
		if err != nil && bad == nil {
			bad = err
		}
		out = append(out, text)
	}
	return out, bad
}

// text returns what a word says.
func (r *reader) text(w *syntax.Word) (string, error) {
	if w == nil {
		return "", nil
	}
	var b strings.Builder
	err := r.parts(&b, w.Parts, "")
	return b.String(), err
}

// What a backslash can stand before in double quotes, and in here-documents;
// outside of both it may be anything.
const (
	inQuotes = "\\\"$`\n"
	inHere   = "\\$`\n"
)

// parts appends parts of a word, in which a backslash means something before
// the bytes of special.
func (r *reader) parts(b *strings.Builder, parts []syntax.WordPart, special string) error {
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(p.Value, special))
		case *syntax.SglQuoted:
			if p.Dollar {
				b.WriteString(escapes(p.Value))
			} else {
				b.WriteString(p.Value)
			}
		case *syntax.DblQuoted:
			if err := r.parts(b, p.Parts, inQuotes); err != nil {
				return err
			}
		case *syntax.ParamExp:
			if err := r.parameter(b, p); err != nil {
				return err
			}
		case *syntax.CmdSubst:
			if codename(p) {
				b.WriteString(varOpen + "suite" + varClose)
				continue
			}
			return errors.New("a value is what a command prints when it runs")
		case *syntax.ExtGlob:
			b.WriteString(p.Op.String() + p.Pattern.Value + ")")
		default:
			return errors.New("a value is computed when the command runs")
		}
	}
	return nil
}

// codename reports whether a substitution asks for the suite's name.
func codename(c *syntax.CmdSubst) bool {
	if len(c.Stmts) != 1 {
		return false
	}
	call, ok := c.Stmts[0].Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) < 2 || call.Args[0].Lit() != "lsb_release" {
		return false
	}
	last := call.Args[len(call.Args)-1].Lit()
	return last == "-cs" || last == "-sc" || last == "-c" || last == "--codename" || last == "-s"
}

// parameter appends a variable.
func (r *reader) parameter(b *strings.Builder, p *syntax.ParamExp) error {
	name := ""
	if p.Param != nil {
		name = p.Param.Value
	}
	if name == "" || p.Length || p.Width || p.Index != nil || p.Slice != nil || p.Repl != nil || p.Excl || !isName(name) {
		return errors.New("a value is computed from a variable when the command runs")
	}
	if p.Exp != nil && p.Exp.Op != syntax.DefaultUnset && p.Exp.Op != syntax.DefaultUnsetOrNull {
		return errors.New("a value is computed from a variable when the command runs")
	}
	v, known := r.vars[name]
	switch {
	case known:
		b.WriteString(v)
	case name == "HOME":
		b.WriteString(r.home)
	case name == "PWD":
		b.WriteString(r.dir)
	default:
		b.WriteString(varOpen + name + varClose)
	}
	return nil
}

// isName reports whether s is the name of a variable and no special parameter.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// unescape resolves the backslashes of a literal.
func unescape(s, special string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (special == "" || strings.IndexByte(special, s[i+1]) >= 0) {
			if i++; s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// escapes resolves what echo -e, printf and $'…' write with a backslash.
func escapes(s string) string {
	plain := map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', '\\': '\\', 'a': 7, 'b': 8, 'f': 12, 'v': 11, 'e': 27, '"': '"', '\'': '\''}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if c, ok := plain[s[i]]; ok {
			b.WriteByte(c)
			continue
		}
		digits, n := "0", i+1
		if s[i] >= '0' && s[i] <= '7' {
			for n < len(s) && n < i+4 && s[n] >= '0' && s[n] <= '7' {
				n++
			}
			digits = s[i:n]
			var c int
			fmt.Sscanf(digits, "%o", &c)
			b.WriteByte(byte(c))
			i = n - 1
			continue
		}
		b.WriteString(s[i-1 : i+1])
	}
	return b.String()
}

// hasVar reports whether a text names a variable.
func hasVar(s string) bool { return strings.Contains(s, varOpen) }

// settled replaces the marks of variables in a text by ${NAME}, which a recipe
// expands; if there is none the text stays as it is.
func settled(s string, seen map[string]bool) string {
	if !hasVar(s) {
		return s
	}
	s = strings.ReplaceAll(s, "${", "$${")
	var b strings.Builder
	for {
		head, rest, ok := strings.Cut(s, varOpen)
		b.WriteString(head)
		if !ok {
			return b.String()
		}
		name, tail, _ := strings.Cut(rest, varClose)
		seen[name] = true
		b.WriteString("${" + name + "}")
		s = tail
	}
}

// errPattern says that a recipe cannot expand a variable there.
var errPattern = errors.New("what is looked for holds a variable: write its value")

// settle turns the marks of variables into what recipes have, and says what
// texts that are written come to.
func (ch *Change) settle() {
	seen := map[string]bool{}
	ch.File = settled(ch.File, seen)
	ch.From = settled(ch.From, seen)
	ch.Text = settled(ch.Text, seen)
	for i := range ch.Ops {
		op := &ch.Ops[i]
		looked := op.At + op.Path.String()
		for _, v := range op.Was {
			looked += v.Text
		}
		if op.Verb != edit.Insert && op.Verb != edit.Line {
			looked += op.Text
		}
		if hasVar(looked) {
			ch.refuse(errPattern)
			break
		}
		expanded, err := op.Expand(func(s string) (string, error) { return settled(s, seen), nil })
		if err == nil {
			*op = expanded
		}
	}
	ch.Vars = slices.Sorted(maps.Keys(seen))
	if ch.Err == nil {
		ch.declare()
	}
}
