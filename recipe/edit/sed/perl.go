package sed

import (
	"fmt"
	"regexp"
	"strings"
)

// ParsePerl reads what `perl -pi -e` is given, as far as that is substitutions
// as sed has them: `s/…/…/flags`, perhaps with `if /…/` behind it. Patterns are
// perl's, which RE2 understands but for look-around and back-references.
func ParsePerl(script string) (Script, error) {
	p := &parser{s: script}
	var out Script
	for {
		for p.at < len(p.s) && strings.IndexByte(" \t\n;", p.s[p.at]) >= 0 {
			p.at++
		}
		if p.at == len(p.s) {
			return out, nil
		}
		c, err := p.perl()
		if err != nil {
			return nil, fmt.Errorf("perl script, at %d: %w", p.at+1, err)
		}
		out = append(out, c)
	}
}

// perl reads one substitution.
func (p *parser) perl() (command, error) {
	c := command{verb: 's'}
	if p.s[p.at] != 's' || p.at+1 == len(p.s) || plainWord(p.s[p.at+1]) {
		return c, fmt.Errorf("it is more than substitutions: write what it is to do as operations, or a patch")
	}
	p.at++
	pattern, err := p.perlHalf(true)
	if err != nil {
		return c, err
	}
	with, err := p.perlHalf(false)
	if err != nil {
		return c, err
	}
	flags := ""
	for ; p.at < len(p.s) && plainWord(p.s[p.at]); p.at++ {
		switch f := p.s[p.at]; f {
		case 'g':
			c.all = true
		case 'i', 'm', 's':
			flags += "(?" + string(f) + ")"
		default:
			return c, fmt.Errorf("s has the flag %q", f)
		}
	}
	if c.re, err = compilePerl(flags + pattern); err != nil {
		return c, err
	}
	c.source = pattern
	if c.with, err = perlReplacement(with, c.re.NumSubexp()); err != nil {
		return c, err
	}
	p.blanks()
	if rest, ok := strings.CutPrefix(p.s[p.at:], "if "); ok {
		p.at = len(p.s) - len(strings.TrimLeft(rest, " "))
		if p.at == len(p.s) || p.s[p.at] != '/' {
			return c, fmt.Errorf("`if` wants a pattern")
		}
		at, err := p.perlHalf(false)
		if err != nil {
			return c, err
		}
		re, err := compilePerl(at)
		if err != nil {
			return c, err
		}
		c.from = &address{re: re}
	}
	return c, p.end()
}

// perlHalf reads to the delimiter that stands at p.at; behind a pattern in
// slashes, that one also begins the next half.
func (p *parser) perlHalf(first bool) (string, error) {
	p.blanks()
	if p.at == len(p.s) {
		return "", fmt.Errorf("s is not complete")
	}
	open := p.s[p.at]
	shut, pair := open, strings.IndexByte("{}()[]<>", open)
	if pair >= 0 && pair%2 == 0 {
		shut = "{}()[]<>"[pair+1]
	}
	p.at++
	var b strings.Builder
	for depth := 0; p.at < len(p.s); p.at++ {
		if shut != open && p.s[p.at] == open {
			depth++
		}
		switch ch := p.s[p.at]; {
		case ch == shut && depth > 0:
			depth--
			b.WriteByte(ch)
		case ch == '\\' && p.at+1 < len(p.s):
			p.at++
			if p.s[p.at] != shut || plainDelimiter(shut) {
				b.WriteByte('\\')
			}
			b.WriteByte(p.s[p.at])
		case ch == shut:
			if p.at++; first && shut == open {
				p.at-- // it begins the second half, too
			}
			return b.String(), nil
		default:
			b.WriteByte(ch)
		}
	}
	return "", fmt.Errorf("%q is not closed by %q", b.String(), shut)
}

// plainDelimiter reports whether an escaped delimiter means something in patterns.
func plainDelimiter(c byte) bool { return strings.IndexByte("+?|(){}[].*^$", c) >= 0 }

// plainWord reports whether c is a letter or digit.
func plainWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// compilePerl compiles a pattern; perl knows escapes that RE2 refuses.
func compilePerl(pattern string) (*regexp.Regexp, error) {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		b.WriteByte(pattern[i])
		if pattern[i] != '\\' || i+1 == len(pattern) {
			continue
		}
		i++
		switch c := pattern[i]; {
		case c == '"' || c == '\'' || c == '/' || c == '#' || c == '@' || c == '%' || c == '!' || c == '=' || c == '<' || c == '>' || c == ':' || c == ' ' || c == '-' || c == ',' || c == ';' || c == '&' || c == '~' || c == '`' || c == '_':
			s := b.String()
			b.Reset()
			b.WriteString(s[:len(s)-1] + regexp.QuoteMeta(string(c)))
		default:
			b.WriteByte(c)
		}
	}
	return regexp.Compile(b.String())
}

// perlReplacement reads the second half of s: $1, ${1}, $&, \1 and escapes.
func perlReplacement(s string, groups int) ([]part, error) {
	var out []part
	var b strings.Builder
	group := func(n int) error {
		if n > groups {
			return fmt.Errorf("the replacement has group %d, the pattern has %d", n, groups)
		}
		out = append(out, part{b.String(), -1}, part{"", n})
		b.Reset()
		return nil
	}
	for i := 0; i < len(s); i++ {
		rest := s[i:]
		var err error
		switch {
		case len(rest) > 3 && rest[:2] == "${" && digit(rest[2]) && rest[3] == '}':
			err = group(int(rest[2] - '0'))
			i += 3
		case len(rest) > 1 && (rest[0] == '$' || rest[0] == '\\') && digit(rest[1]):
			err = group(int(rest[1] - '0'))
			i++
		case strings.HasPrefix(rest, "$&"):
			err = group(0)
			i++
		case rest[0] == '$' && len(rest) > 1 && (plainWord(rest[1]) || rest[1] == '{'):
			err = fmt.Errorf("the replacement has a variable of perl's")
		case rest[0] == '\\' && len(rest) > 1:
			i++
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			default:
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return append(out, part{b.String(), -1}), nil
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
