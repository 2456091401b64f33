package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// An output is a file that a command's output goes to.
type output struct {
	name   string
	append bool
}

// isOutput reports whether a redirection writes a file.
func isOutput(op syntax.RedirOperator) bool {
	return op == syntax.RdrOut || op == syntax.AppOut || op == syntax.RdrClob || op == syntax.RdrAll
}

// outputs returns the files that a statement's own redirections write.
func (r *reader) outputs(s *syntax.Stmt) []output {
	var out []output
	for _, d := range s.Redirs {
		if !isOutput(d.Op) || d.N != nil && d.N.Value != "1" {
			continue
		}
		name, err := r.text(d.Word)
		if err == nil && !strings.HasPrefix(name, "/dev/") {
			out = append(out, output{r.abs(name), d.Op == syntax.AppOut})
		}
	}
	return out
}

// written returns the text that a statement writes to files, if all of it is
// known: `echo … > f`, `{ …; } >> f`, `… | tee f`, `cat << EOF > f`, `: > f`.
func (r *reader) written(s *syntax.Stmt) (text string, files []output, ok bool) {
	files = r.outputs(s)
	if c, isPipe := s.Cmd.(*syntax.BinaryCmd); isPipe && c.Op == syntax.Pipe {
		return r.piped(c)
	}
	if c, isCall := s.Cmd.(*syntax.CallExpr); isCall && len(files) == 0 {
		if names, ok := r.tee(c); ok {
			text, ok := r.input(s)
			return text, names, ok && len(names) > 0
		}
	}
	if len(files) == 0 {
		return "", nil, false
	}
	text, ok = r.printed(s)
	return text, files, ok
}

// piped reads `echo … | tee f` and what is cat in between.
func (r *reader) piped(c *syntax.BinaryCmd) (string, []output, bool) {
	call, ok := c.Y.Cmd.(*syntax.CallExpr)
	if !ok {
		return "", nil, false
	}
	files, ok := r.tee(call)
	if !ok {
		words, err := r.words(call.Args)
		if err != nil || len(words) != 1 || base(words) != "cat" {
			return "", nil, false
		}
	}
	files = append(files, r.outputs(c.Y)...)
	text, ok := r.printed(c.X)
	return text, files, ok && len(files) > 0
}

// tee returns the files that `tee` writes.
func (r *reader) tee(c *syntax.CallExpr) ([]output, bool) {
	words, err := r.words(c.Args)
	if err != nil || len(words) == 0 {
		return nil, false
	}
	words = bareCommand(words)
	if base(words) != "tee" {
		return nil, false
	}
	var out []output
	more := false
	for _, w := range words[1:] {
		switch {
		case w == "-a" || w == "--append" || w == "-ai" || w == "-ia":
			more = true
		case strings.HasPrefix(w, "-") && w != "-":
		case !strings.HasPrefix(w, "/dev/") && w != "-":
			out = append(out, output{r.abs(w), false})
		}
	}
	for i := range out {
		out[i].append = more
	}
	return out, true
}

// printed returns what a statement prints, if that is known.
func (r *reader) printed(s *syntax.Stmt) (string, bool) {
	switch c := s.Cmd.(type) {
	case nil:
		return "", true
	case *syntax.Block:
		return r.printedAll(c.Stmts)
	case *syntax.Subshell:
		return r.printedAll(c.Stmts)
	case *syntax.BinaryCmd:
		if c.Op != syntax.AndStmt {
			return "", false
		}
		return r.printedAll([]*syntax.Stmt{c.X, c.Y})
	case *syntax.CallExpr:
		return r.printedCall(s, c)
	}
	return "", false
}

// printedAll returns what statements print one after the other.
func (r *reader) printedAll(all []*syntax.Stmt) (string, bool) {
	var b strings.Builder
	for _, s := range all {
		text, ok := r.printed(s)
		if !ok || len(r.outputs(s)) > 0 {
			return "", false
		}
		b.WriteString(text)
	}
	return b.String(), true
}

// printedCall returns what a call prints.
func (r *reader) printedCall(s *syntax.Stmt, c *syntax.CallExpr) (string, bool) {
	words, err := r.words(c.Args)
	if err != nil {
		return "", false
	}
	if len(words) == 0 {
		return "", len(c.Assigns) == 0
	}
	words = bareCommand(words)
	switch base(words) {
	case "echo":
		return echo(words[1:]), true
	case "printf":
		return printf(words[1:])
	case ":", "true":
		return "", true
	case "cat":
		if len(words) == 1 || len(words) == 2 && (words[1] == "-" || words[1] == "/dev/null") {
			text, ok := r.input(s)
			return text, ok || len(words) == 2 && words[1] == "/dev/null"
		}
	}
	return "", false
}

// input returns the here-document or here-string that a statement reads.
func (r *reader) input(s *syntax.Stmt) (string, bool) {
	for _, d := range s.Redirs {
		switch d.Op {
		case syntax.Hdoc, syntax.DashHdoc:
			if d.Hdoc == nil {
				return "", true
			}
			text, err := r.hereDocument(d)
			return text, err == nil
		case syntax.WordHdoc:
			text, err := r.text(d.Word)
			return text + "\n", err == nil
		}
	}
	return "", false
}

// hereDocument returns the text of one; in it only variables and a few
// backslashes mean anything, and nothing does where its word is quoted.
func (r *reader) hereDocument(d *syntax.Redirect) (string, error) {
	var b strings.Builder
	if d.Word.Lit() == "" || strings.Contains(d.Word.Lit(), `\`) {
		for _, p := range d.Hdoc.Parts {
			if l, ok := p.(*syntax.Lit); ok {
				b.WriteString(l.Value)
			}
		}
	} else if err := r.parts(&b, d.Hdoc.Parts, inHere); err != nil {
		return "", err
	}
	if d.Op == syntax.DashHdoc {
		lines := strings.Split(b.String(), "\n")
		for i := range lines {
			lines[i] = strings.TrimLeft(lines[i], "\t")
		}
		return strings.Join(lines, "\n"), nil
	}
	return b.String(), nil
}

// echo returns what echo prints. Debian's sh resolves backslashes always, bash
// with -e only; that is what people mean who write one.
func echo(words []string) string {
	end := "\n"
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' && strings.Trim(words[0][1:], "neE") == "" {
		if strings.Contains(words[0], "n") {
			end = ""
		}
		words = words[1:]
	}
	return escapes(strings.Join(words, " ")) + end
}

// printf returns what printf prints, for %s, %d and %b.
func printf(words []string) (string, bool) {
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		return "", false
	}
	format, args := escapes(words[0]), words[1:]
	var b strings.Builder
	for {
		used := 0
		for i := 0; i < len(format); i++ {
			if format[i] != '%' || i+1 == len(format) {
				b.WriteByte(format[i])
				continue
			}
			i++
			arg := ""
			if format[i] != '%' && len(args) > 0 {
				arg, args = args[0], args[1:]
				used++
			}
			switch format[i] {
			case '%':
				b.WriteByte('%')
			case 's', 'd':
				b.WriteString(arg)
			case 'b':
				b.WriteString(escapes(arg))
			default:
				return "", false
			}
		}
		if len(args) == 0 || used == 0 {
			return b.String(), true
		}
	}
}

// write adds a change that writes or appends text. What the script wrote to the
// same file before becomes one with it.
func (r *reader) write(s *syntax.Stmt, f output, text string) {
	command := r.script[s.Pos().Offset():s.End().Offset()]
	if before := r.lastOf(f.name); f.append && before != nil && before.kind == writes {
		before.Text += text
		before.Command += "\n" + command
		return
	}
	ch := Change{File: f.name, Text: text, kind: writes, Notes: echoNotes(command)}
	if f.append {
		ch.kind = appends
		if before := r.lastOf(f.name); before != nil && before.kind == appends {
			before.Text += text
			before.Command += "\n" + command
			return
		}
	}
	r.add(s, ch)
}

// lastOf returns the last change of a file if it can be had.
func (r *reader) lastOf(name string) *Change {
	for i := len(r.out) - 1; i >= 0; i-- {
		if r.out[i].File == name && r.out[i].Err == nil {
			return &r.out[i]
		}
	}
	return nil
}

// echoNotes says what Debian's shell makes of a command.
func echoNotes(command string) []string {
	if strings.Contains(command, "echo -e") {
		return []string{"Debian's sh is dash, whose echo writes the `-e` into the file"}
	}
	return nil
}
