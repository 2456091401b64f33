package relation

import (
	"fmt"
	"strings"
)

// Parse reads a relationship field: groups between commas, all of which must
// hold, of alternatives between bars. Empty groups (`a, , b,`) are skipped, as
// dpkg does. The field may go over several lines.
func Parse(field string) ([]Relation, error) {
	return Append(nil, field)
}

// Append is [Parse] into a list that the caller owns, so that reading many
// fields need not allocate. On error the list is returned as it was.
func Append(list []Relation, field string) ([]Relation, error) {
	n := len(list)
	p := parser{field: field}
	for {
		p.space()
		switch {
		case p.at == len(p.field):
			if len(list) > n && list[len(list)-1].Or {
				return list[:n], p.errorf("an alternative is missing behind `|`")
			}
			return list, nil
		case p.field[p.at] == ',' && (len(list) == n || !list[len(list)-1].Or):
			p.at++
			continue
		}
		var r Relation
		if err := p.relation(&r); err != nil {
			return list[:n], err
		}
		list = append(list, r)
	}
}

// ParseCondition splits the architectures and profiles off the end of s, which
// may be any text: `recipe:haproxy/debug <debug>`.
func ParseCondition(s string) (rest string, c Condition, err error) {
	i := strings.IndexAny(s, "[<")
	if i < 0 {
		return strings.TrimSpace(s), c, nil
	}
	p := parser{field: s, at: i}
	if err := p.condition(&c); err != nil {
		return s, c, err
	}
	if p.at < len(s) {
		return s, c, p.errorf("%q stands behind the condition", s[p.at:])
	}
	return strings.TrimSpace(s[:i]), c, nil
}

// A parser is a place in a field.
type parser struct {
	field string
	at    int
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("relation %q: %w", strings.TrimSpace(p.field), fmt.Errorf(format, args...))
}

// space skips white space.
func (p *parser) space() {
	for p.at < len(p.field) && isSpace(p.field[p.at]) {
		p.at++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// next returns the byte at the parser's place, 0 at the end.
func (p *parser) next() byte {
	if p.at < len(p.field) {
		return p.field[p.at]
	}
	return 0
}

// relation reads one alternative and the comma or bar behind it.
func (p *parser) relation(r *Relation) error {
	start := p.at
	for p.at < len(p.field) && nameByte(p.field[p.at]) {
		p.at++
	}
	r.Name = p.field[start:p.at]
	if r.Name == "" {
		return p.errorf("a package name is missing before %q", p.field[start:])
	}
	if p.next() == ':' {
		p.at++
		start = p.at
		for p.at < len(p.field) && (isLower(p.field[p.at]) || isDigit(p.field[p.at]) || p.field[p.at] == '-') {
			p.at++
		}
		if r.Arch = p.field[start:p.at]; r.Arch == "" {
			return p.errorf("an architecture is missing behind %q", r.Name+":")
		}
	}
	p.space()
	if p.next() == '(' {
		if err := p.version(r); err != nil {
			return err
		}
	}
	p.space()
	if err := p.condition(&r.Condition); err != nil {
		return err
	}
	switch p.next() {
	case 0:
		return nil
	case '|':
		r.Or = true
		fallthrough
	case ',':
		p.at++
		return nil
	}
	return p.errorf("%q stands behind %q", p.field[p.at:], r.Name)
}

// nameByte reports whether c may be in a package name; capitals are in no
// package of Debian, but dpkg lets them pass. (Policy 5.6.1)
func nameByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '+' || c == '-' || c == '.' || c == '_'
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }

// version reads `(>= 1.0)`.
func (p *parser) version(r *Relation) error {
	end := strings.IndexByte(p.field[p.at:], ')')
	if end < 0 {
		return p.errorf("`)` is missing")
	}
	inside := strings.TrimSpace(p.field[p.at+1 : p.at+end])
	p.at += end + 1
	n := 0
	for n < len(inside) && strings.IndexByte("<=>", inside[n]) >= 0 {
		n++
	}
	switch inside[:n] {
	case "<<":
		r.Op = LT
	case "<=", "<":
		r.Op = LE
	case "=":
		r.Op = EQ
	case ">=", ">":
		r.Op = GE
	case ">>":
		r.Op = GT
	case "":
		return p.errorf("an operator is missing before %q: write (>= %s)", inside, inside)
	default:
		return p.errorf("%q is no operator: <<, <=, =, >= and >> are", inside[:n])
	}
	r.Version = strings.TrimLeft(inside[n:], " \t\n\r")
	if err := CheckVersion(r.Version); err != nil {
		return p.errorf("%w", err)
	}
	return nil
}

// condition reads `[arch …]` and `<profile …> <…>`, as many as there are.
func (p *parser) condition(c *Condition) error {
	if p.next() == '[' {
		end := strings.IndexByte(p.field[p.at:], ']')
		if end < 0 {
			return p.errorf("`]` is missing")
		}
		c.Arches = strings.TrimSpace(p.field[p.at+1 : p.at+end])
		p.at += end + 1
		if err := p.words(c.Arches); err != nil {
			return err
		}
		if negated(c.Arches) == mixed {
			return p.errorf("[%s]: either all or none of the architectures have a `!`", c.Arches)
		}
		p.space()
	}
	start, stop := p.at, p.at
	for p.next() == '<' {
		end := strings.IndexByte(p.field[p.at:], '>')
		if end < 0 {
			return p.errorf("`>` is missing")
		}
		if err := p.words(p.field[p.at+1 : p.at+end]); err != nil {
			return err
		}
		p.at += end + 1
		stop = p.at
		p.space()
	}
	c.Profiles = p.field[start:stop]
	return nil
}

// words checks the inside of brackets.
func (p *parser) words(inside string) error {
	n := 0
	for w := range strings.FieldsSeq(inside) {
		n++
		name := strings.TrimPrefix(w, "!")
		if name == "" || strings.ContainsAny(name, "![]<>(),|") {
			return p.errorf("%q is no name", w)
		}
	}
	if n == 0 {
		return p.errorf("the brackets are empty")
	}
	return nil
}
