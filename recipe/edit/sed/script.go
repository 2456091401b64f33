// Package sed reads sed scripts and says which operations of package edit do
// the same to a file.
//
// It runs a script as GNU sed would on the one file at hand, looks at the lines
// that changed, and names the entries that stand there. Where the script
// changes nothing it says what it was meant to do, as an operation that does it
// or stops with the reason. It knows s, d, a, i and c with all addresses; what
// is a program (hold space, branches, N) it refuses by name. It reads and writes
// no files.
package sed

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Script is a sequence of commands.
type Script []command

// A command is one command with its addresses.
type command struct {
	from, to *address
	not      bool
	verb     byte // s d a i c {
	body     []command
	text     string // a i c

	re     *regexp.Regexp // s
	source string         // its pattern as written
	with   []part
	all    bool
	nth    int
}

// An address is a line number, the last line or a pattern.
type address struct {
	line  int // 0: none; -1: last
	plus  int // as the second: so many lines more
	re    *regexp.Regexp
	first bool // `0,/re/`
}

// A part is text of a replacement, or a group where group >= 0.
type part struct {
	text  string
	group int
}

// Parse reads a script; extended is sed's -E.
func Parse(script string, extended bool) (Script, error) {
	p := &parser{s: script, extended: extended}
	cmds, err := p.commands(0)
	if err != nil {
		return nil, fmt.Errorf("sed script, at %d: %w", p.at+1, err)
	}
	return cmds, nil
}

type parser struct {
	s        string
	at       int
	extended bool
	last     *regexp.Regexp // of the last pattern, for an empty one
}

// commands reads until the end or, below a brace, its end.
func (p *parser) commands(depth int) ([]command, error) {
	var out []command
	for {
		for p.at < len(p.s) && strings.IndexByte(" \t\n;", p.s[p.at]) >= 0 {
			p.at++
		}
		switch {
		case p.at == len(p.s) && depth > 0:
			return nil, fmt.Errorf("a } is missing")
		case p.at == len(p.s):
			return out, nil
		case p.s[p.at] == '}':
			if depth == 0 {
				return nil, fmt.Errorf("a } closes nothing")
			}
			p.at++
			return out, nil
		case p.s[p.at] == '#':
			p.line()
			continue
		}
		c, err := p.command(depth)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
}

// line takes the rest of the line.
func (p *parser) line() string {
	rest := p.s[p.at:]
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		p.at += i + 1
		return rest[:i]
	}
	p.at = len(p.s)
	return rest
}

func (p *parser) blanks() {
	for p.at < len(p.s) && (p.s[p.at] == ' ' || p.s[p.at] == '\t') {
		p.at++
	}
}

func (p *parser) command(depth int) (command, error) {
	var c command
	var err error
	if c.from, err = p.address(); err != nil {
		return c, err
	}
	p.blanks()
	if c.from != nil && p.at < len(p.s) && p.s[p.at] == ',' {
		p.at++
		p.blanks()
		if c.to, err = p.address(); err != nil {
			return c, err
		}
		if c.to == nil {
			return c, fmt.Errorf("the second address is missing")
		}
		c.from.first = c.from.line == 0 && c.from.re == nil
	}
	p.blanks()
	for p.at < len(p.s) && p.s[p.at] == '!' {
		c.not = true
		p.at++
		p.blanks()
	}
	if p.at == len(p.s) {
		return c, fmt.Errorf("a command is missing")
	}
	c.verb = p.s[p.at]
	p.at++
	switch c.verb {
	case '{':
		if depth > 20 {
			return c, fmt.Errorf("too many braces")
		}
		c.body, err = p.commands(depth + 1)
	case 'd':
		err = p.end()
	case 'a', 'i', 'c':
		c.text = p.text()
	case 's':
		err = p.substitute(&c)
	default:
		err = fmt.Errorf("the command %q makes it a program: write what it is to do as operations, or a patch", c.verb)
	}
	return c, err
}

// end wants the end of a command.
func (p *parser) end() error {
	p.blanks()
	if p.at < len(p.s) && strings.IndexByte(";\n}#", p.s[p.at]) < 0 {
		return fmt.Errorf("%q stands behind a command", p.s[p.at])
	}
	return nil
}

// text reads what a, i and c take: the rest of the line, or the lines behind a
// backslash. A backslash before another byte is dropped, as GNU sed does.
func (p *parser) text() string {
	p.blanks()
	if strings.HasPrefix(p.s[p.at:], "\\") {
		p.at++
		if p.at < len(p.s) && p.s[p.at] == '\n' {
			p.at++
		}
	}
	var b strings.Builder
	for p.at < len(p.s) && p.s[p.at] != '\n' {
		if p.s[p.at] == '\\' && p.at+1 < len(p.s) {
			p.at++
			if p.s[p.at] == 't' {
				b.WriteByte('\t')
				p.at++
				continue
			}
		}
		b.WriteByte(p.s[p.at])
		p.at++
	}
	return b.String()
}

// address reads an address, if there is one.
func (p *parser) address() (*address, error) {
	if p.at == len(p.s) {
		return nil, nil
	}
	switch c := p.s[p.at]; {
	case c == '$':
		p.at++
		return &address{line: -1}, nil
	case c >= '0' && c <= '9':
		return &address{line: p.number()}, nil
	case c == '+':
		p.at++
		return &address{plus: p.number(), line: -2}, nil
	case c == '/' || c == '\\':
		if c == '\\' {
			p.at++
		}
		if p.at == len(p.s) {
			return nil, fmt.Errorf("a pattern is missing")
		}
		delim := p.s[p.at]
		p.at++
		pattern, err := p.until(delim)
		if err != nil {
			return nil, err
		}
		flags := ""
		if p.at < len(p.s) && p.s[p.at] == 'I' {
			flags = "(?i)"
			p.at++
		}
		re, err := p.compile(pattern, flags)
		return &address{re: re}, err
	}
	return nil, nil
}

func (p *parser) number() int {
	start := p.at
	for p.at < len(p.s) && p.s[p.at] >= '0' && p.s[p.at] <= '9' {
		p.at++
	}
	n, err := strconv.Atoi(p.s[start:p.at])
	if err != nil {
		return 0
	}
	return n
}

// until reads to an unescaped delim, which may stand in brackets.
func (p *parser) until(delim byte) (string, error) {
	var b strings.Builder
	for ; p.at < len(p.s); p.at++ {
		c := p.s[p.at]
		switch {
		case c == '\\' && p.at+1 < len(p.s):
			p.at++
			if p.s[p.at] != delim || strings.IndexByte("+?|(){}.*^$[]&123456789", delim) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(p.s[p.at])
		case c == delim:
			p.at++
			return b.String(), nil
		default:
			b.WriteByte(c)
		}
	}
	return "", fmt.Errorf("%q is not closed by %q", b.String(), delim)
}

// substitute reads `s/…/…/flags`.
func (p *parser) substitute(c *command) error {
	if p.at == len(p.s) {
		return fmt.Errorf("s has no pattern")
	}
	delim := p.s[p.at]
	p.at++
	pattern, err := p.until(delim)
	if err != nil {
		return err
	}
	with, err := p.until(delim)
	if err != nil {
		return err
	}
	flags := ""
	for p.at < len(p.s) && strings.IndexByte(" \t\n;}#", p.s[p.at]) < 0 {
		switch f := p.s[p.at]; {
		case f == 'g':
			c.all = true
		case f == 'i' || f == 'I':
			flags += "(?i)"
		case f == 'm' || f == 'M':
			flags += "(?m)"
		case f == 'p':
		case f >= '1' && f <= '9':
			c.nth = p.number()
			continue
		default:
			return fmt.Errorf("s has the flag %q", f)
		}
		p.at++
	}
	c.source = pattern
	if c.re, err = p.compile(pattern, flags); err != nil {
		return err
	}
	c.with, err = replacement(with, c.re.NumSubexp())
	return err
}

// compile turns a POSIX pattern into RE2; an empty one is the last one again.
func (p *parser) compile(pattern, flags string) (*regexp.Regexp, error) {
	if pattern == "" {
		if p.last == nil {
			return nil, fmt.Errorf("the empty pattern means the last one, and there is none")
		}
		return p.last, nil
	}
	text, err := toRE2(pattern, p.extended)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(flags + text)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	re.Longest()
	p.last = re
	return re, nil
}

// replacement reads the second half of s.
func replacement(s string, groups int) ([]part, error) {
	var out []part
	var b strings.Builder
	group := func(n int) {
		out = append(out, part{b.String(), -1}, part{"", n})
		b.Reset()
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '&':
			group(0)
		case c == '\\' && i+1 < len(s):
			i++
			switch d := s[i]; {
			case d >= '0' && d <= '9':
				if int(d-'0') > groups {
					return nil, fmt.Errorf("the replacement has \\%c, the pattern has %d groups", d, groups)
				}
				group(int(d - '0'))
			case d == 'n':
				b.WriteByte('\n')
			case d == 't':
				b.WriteByte('\t')
			case strings.IndexByte("LUluE", d) >= 0:
				return nil, fmt.Errorf("the replacement changes case (\\%c)", d)
			default:
				b.WriteByte(d)
			}
		default:
			b.WriteByte(c)
		}
	}
	return append(out, part{b.String(), -1}), nil
}
