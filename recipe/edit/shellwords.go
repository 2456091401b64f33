package edit

import (
	"fmt"
	"regexp"
	"strings"
)

// The words of shells: POSIX.1-2024, Shell Command Language, 2.2 and 2.6. What a
// word says keeps its expansions as they are written, and `\$` for a dollar that
// is none: a value means in a recipe what it means between double quotes.

// A shellReader reads words of s.
type shellReader struct {
	s string
	// lost is up to where an end was looked for in vain: before it only within
	// a line, so that no text is read more than twice.
	lost int
}

// skip returns where the quotes, the backquotes or the expansion end that begin
// at offset at; false: nowhere, or they hold what only a shell can read (a here
// document, the patterns of a case).
func (r *shellReader) skip(at int) (int, bool) {
	p := shellSkip{s: r.s, at: at}
	nests := r.s[at] == '"' || r.s[at] == '$' && !strings.HasPrefix(r.s[at:], "$'")
	if nests && at < r.lost {
		p.s = r.s[:lineEnd(r.s, at)]
	}
	if p.run() {
		return p.at, true
	}
	if nests {
		r.lost = max(r.lost, p.at)
	}
	return 0, false
}

// A shellSkip is one such search.
type shellSkip struct {
	s  string
	at int
	// open has what closes all that is open: `"`, `)`, `}`; for a brace between
	// double quotes D, for a parenthesis of arithmetic A.
	open []byte
}

// run moves behind what begins at the first offset.
func (p *shellSkip) run() bool {
	for p.at < len(p.s) {
		top := byte(0)
		if len(p.open) > 0 {
			top = p.open[len(p.open)-1]
		}
		if !p.step(top) || p.at > len(p.s) {
			p.at = min(p.at, len(p.s))
			return false
		}
		if len(p.open) == 0 {
			return true
		}
	}
	return false
}

// step moves over one byte, or over what it begins; false: it can't be read.
func (p *shellSkip) step(top byte) bool {
	quoted := top == '"' || top == 'D'
	switch c := p.s[p.at]; {
	case c == '\\':
		p.at++
	case c == '\'' && !quoted, strings.HasPrefix(p.s[p.at:], "$'") && !quoted, c == '`':
		return p.literal(c)
	case c == '$' && p.at+1 < len(p.s) && strings.IndexByte("({", p.s[p.at+1]) >= 0:
		p.expansion(quoted)
	case c == '"' && top == '"', c == ')' && (top == ')' || top == 'A'), c == '}' && (top == '}' || top == 'D'):
		p.open = p.open[:len(p.open)-1]
	case c == '"':
		p.open = append(p.open, '"')
	case c == '(' && (top == ')' || top == 'A'):
		p.open = append(p.open, top)
	case top == ')' && p.startsWord() && c == '#':
		p.at = lineEnd(p.s, p.at) - 1
	case top == ')' && (p.startsWord() && strings.HasPrefix(p.s[p.at:], "case ") || p.isHere()):
		return false
	}
	p.at++
	return true
}

// literal moves to the last byte of what stands in quotes in which nothing else
// begins.
func (p *shellSkip) literal(quote byte) bool {
	at, escapes := p.at+1, quote != '\''
	if quote == '$' {
		quote = '\''
		at++
	}
	for ; at < len(p.s); at++ {
		switch {
		case p.s[at] == '\\' && escapes:
			at++
		case p.s[at] == quote:
			p.at = at + 1
			return true
		}
	}
	p.at = len(p.s)
	return false
}

// expansion moves to the last byte of `$(`, `$((` or `${`.
func (p *shellSkip) expansion(quoted bool) {
	p.at++
	switch {
	case p.s[p.at] == '{' && quoted:
		p.open = append(p.open, 'D')
	case p.s[p.at] == '{':
		p.open = append(p.open, '}')
	case strings.HasPrefix(p.s[p.at:], "(("):
		p.open = append(p.open, 'A', 'A')
		p.at++
	default:
		p.open = append(p.open, ')')
	}
}

// startsWord reports whether a word of a command can begin here.
func (p *shellSkip) startsWord() bool {
	return p.at > 0 && strings.IndexByte(" \t\n;&|(", p.s[p.at-1]) >= 0
}

// isHere reports whether a here document is announced here.
func (p *shellSkip) isHere() bool {
	rest, ok := strings.CutPrefix(p.s[p.at:], "<<")
	rest = strings.TrimLeft(strings.TrimPrefix(rest, "-"), " \t")
	return ok && rest != "" && (isAlnum(rest[0]) || strings.IndexByte(`_"'\`, rest[0]) >= 0)
}

// begins reports whether quotes or an expansion begin at offset at of s.
func (r *shellReader) begins(at int) bool {
	return strings.IndexByte("\"'`", r.s[at]) >= 0 || r.expands(at)
}

// expands reports whether `$(`, `${` or `$'` stand at offset at.
func (r *shellReader) expands(at int) bool {
	return r.s[at] == '$' && at+1 < len(r.s) && strings.IndexByte("({'", r.s[at+1]) >= 0
}

// word reads one word: up to a blank or an operator outside of quotes. A quote
// that never ends is taken for a letter; false: only a shell could tell where
// the word ends.
func (r *shellReader) word(at int) (word, bool) {
	s, start := r.s, at
	for at < len(s) {
		c := s[at]
		if isBlank(c) || c == '\n' || strings.IndexByte(";&|()<>", c) >= 0 {
			break
		}
		end := at + 1
		switch {
		case c == '\\':
			end = min(at+2, len(s))
		case r.begins(at):
			to, ok := r.skip(at)
			if ok {
				end = to
			} else if c == '$' || c == '"' && strings.IndexByte(s[at+1:], '"') >= 0 {
				return word{}, false
			}
		}
		at = end
	}
	w := word{span: span{start, at}, text: s[start:at]}
	if strings.ContainsAny(w.text, "\"'\\") {
		w.quote, w.text = shellSays(w.text)
	}
	return w, true
}

// shellSays returns what a word says, and the quotes that all of it stands in.
// A word of which double quotes could not say the same is taken as written.
func shellSays(s string) (quote byte, text string) {
	r := &shellReader{s: s}
	if q := s[0]; q == '"' || q == '\'' {
		if end, ok := r.skip(0); ok && end == len(s) {
			inner := s[1 : len(s)-1]
			if q == '"' {
				inner = shellUnescape(inner)
			}
			return q, inner
		}
	}
	var b strings.Builder
	for at := 0; at < len(s); {
		end := at + 1
		if s[at] == '\\' {
			if end == len(s) || strings.IndexByte("$`\\\n", s[end]) >= 0 {
				return 0, s
			}
			b.WriteByte(s[end])
			at += 2
			continue
		}
		if r.begins(at) {
			to, ok := r.skip(at)
			if !ok {
				return 0, s
			}
			end = to
		}
		switch part := s[at:end]; {
		case s[at] == '"':
			b.WriteString(shellUnescape(part[1 : len(part)-1]))
		case s[at] == '\'' && !shellEscapes.MatchString(part):
			b.WriteString(shellDollars.Replace(part[1 : len(part)-1]))
		case s[at] == '\'' || strings.HasPrefix(part, "$'"):
			return 0, s
		default:
			b.WriteString(part)
		}
		at = end
	}
	return 0, b.String()
}

// shellEscapes finds backslashes in single quotes that would mean another thing
// in double ones, and shellDollars writes there what means nothing in single ones.
var (
	shellEscapes = regexp.MustCompile("\\\\[$`\\\\\n']")
	shellDollars = strings.NewReplacer("$", `\$`, "`", "\\`")
)

// shellUnescape resolves the backslashes between double quotes that stand before
// a quote or a backslash; those before a dollar, a backquote or a line end stay
// (POSIX, 2.2.3).
func shellUnescape(s string) string {
	return shellMap(s, func(b *strings.Builder, run int, next string) {
		b.WriteString(strings.Repeat(`\`, run/2))
		if run%2 == 1 && next != `"` {
			b.WriteByte('\\')
		}
		b.WriteString(next)
	})
}

// shellEscape undoes shellUnescape, with no more backslashes than it takes.
func shellEscape(s string) string {
	return shellMap(s, func(b *strings.Builder, run int, next string) {
		switch {
		case next == `"`:
			b.WriteString(strings.Repeat(`\\`, run) + `\"`)
		case next == "":
			b.WriteString(strings.Repeat(`\\`, run))
		default:
			b.WriteString(strings.Repeat(`\\`, max(0, run-1)) + strings.Repeat(`\`, min(run, 1)) + next)
		}
	})
}

// shellMap copies s: expansions, and backslashes before a dollar, a backquote or
// a line end, as they are; else f writes each run of backslashes and the byte
// behind it.
func shellMap(s string, f func(b *strings.Builder, run int, next string)) string {
	if !strings.ContainsAny(s, "\\\"") {
		return s
	}
	var b strings.Builder
	r := &shellReader{s: s}
	for at := 0; at < len(s); {
		if s[at] == '`' || r.expands(at) && s[at+1] != '\'' {
			if end, ok := r.skip(at); ok {
				b.WriteString(s[at:end])
				at = end
				continue
			}
		}
		run := len(s[at:]) - len(strings.TrimLeft(s[at:], `\`))
		next := s[at+run : min(at+run+1, len(s))]
		switch {
		case run == 0 && next != `"`:
			b.WriteString(next)
			at++
			continue
		case next != "" && strings.Contains("$`\n", next):
			b.WriteString(s[at : at+run])
			if run%2 == 1 {
				b.WriteString(next)
				run++
			}
			at += run
			continue
		}
		f(&b, run, next)
		at += run + len(next)
	}
	return b.String()
}

// shellBare reports whether v needs no quotes to be read as v. What follows the
// name of a builtin (`export`) may be split and expanded where an assignment is not.
func shellBare(v string, builtin bool) bool {
	if strings.ContainsAny(v, "\r") {
		return false
	}
	r := &shellReader{s: v}
	for at := 0; at < len(v); {
		c := v[at]
		switch {
		case c == '`' || r.expands(at) && v[at+1] != '\'':
			end, ok := r.skip(at)
			if !ok {
				return false
			}
			at = end
		case c == '$' && at+1 < len(v) && strings.IndexByte("?*#@!$-", v[at+1]) >= 0:
			at += 2
		case isBlank(c) || strings.IndexByte("\n;&|()<>\"'\\#", c) >= 0, builtin && strings.IndexByte("*?[", c) >= 0:
			return false
		default:
			at++
		}
	}
	return true
}

// shellSpell writes one word. An expansion keeps its meaning, as it has in the
// file; in single quotes nothing has one.
func shellSpell(v string, quote byte, builtin bool) (string, error) {
	switch {
	case quote == '\'' && !strings.Contains(v, "'"):
		return "'" + v + "'", nil
	case quote == '\'' && strings.ContainsAny(v, "$`\\"):
		return "", fmt.Errorf("%q cannot be written in ' quotes", v)
	case quote == 0 && shellBare(v, builtin):
		return v, nil
	}
	text := `"` + shellEscape(v) + `"`
	if w, ok := (&shellReader{s: text}).word(0); !ok || w.end != len(text) || w.text != v {
		return "", fmt.Errorf("%q cannot be written as one word", v)
	}
	return text, nil
}
