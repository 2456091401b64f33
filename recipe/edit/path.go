package edit

import (
	"fmt"
	"strings"
)

// A Path names entries of a file: sections from the outside in, then a key.
//
//	http/server[listen='80']/location[args='/']/root
//
// A step's name is taken as it is written in the file; in quotes it may hold
// `/`; `*` alone is any name. Behind it, predicates choose by values: of a key
// in the section (listen='80'), of a named column (module='pam_limits.so'), of
// an attribute (@port='8080'), of all arguments (args='/') or one of them
// (arg1='rewrite_module'), or of the entry itself (.='80'). There are no
// positions: they name another entry as soon as somebody else inserts one.
//
// A directive may be named with its first arguments, `defaults/timeout client` or
// `http/proxy_set_header Host`, and a section with all of its own, `backend
// app/balance`; the value is what stands behind them.
type Path []Step

// A Step is one name of a [Path] with its predicates.
type Step struct {
	Name  string
	Any   bool // the name was `*`
	Tests []Test
	said  string `plan:"-"` // how the path wrote it, where phrases took it apart
}

// A Test is one predicate of a [Step].
type Test struct {
	Key   string // a key, a column, `args`, `.` or `@attribute`
	Value string
}

// ParsePath reads a path. The error is one sentence about the path alone.
func ParsePath(s string) (Path, error) {
	if s == "" {
		return nil, fmt.Errorf("the path is empty: name a key, as in `section/key`")
	}
	var p Path
	for rest := s; ; {
		step, tail, err := parseStep(rest)
		if err != nil {
			return nil, fmt.Errorf("path %q: %w", s, err)
		}
		p = append(p, step)
		if tail == "" {
			return p, nil
		}
		rest = tail[1:]
		if rest == "" {
			return nil, fmt.Errorf("path %q: nothing stands behind the last `/`: name a key", s)
		}
	}
}

// parseStep reads one step; tail begins with the `/` behind it, or is empty.
func parseStep(s string) (Step, string, error) {
	var step Step
	rest := s
	if rest[0] == '\'' || rest[0] == '"' {
		name, tail, err := quoted(rest)
		if err != nil {
			return step, "", err
		}
		step.Name, rest = name, tail
		if rest != "" && rest[0] != '/' && rest[0] != '[' {
			return step, "", fmt.Errorf("%q stands behind the quote: quote the whole name", rest)
		}
	} else {
		n := nameEnd(rest)
		step.Name, rest = rest[:n], rest[n:]
		step.Any = step.Name == "*"
		if i := strings.LastIndexByte(step.Name, '['); i >= 0 && isPosition(step.Name[i:]) {
			return step, "", fmt.Errorf("%q is a position, and positions change: choose by a value, as in `server[listen='80']`", step.Name[i:])
		}
	}
	if step.Name == "" {
		return step, "", fmt.Errorf("a name is missing before %q: name the section, or quote a name that holds `/`", rest)
	}
	for rest != "" && rest[0] == '[' {
		test, tail, err := parseTest(rest)
		if err != nil {
			return step, "", err
		}
		step.Tests, rest = append(step.Tests, test), tail
	}
	if rest != "" && rest[0] != '/' {
		return step, "", fmt.Errorf("%q stands behind a predicate: `/` must follow", rest)
	}
	return step, rest, nil
}

// nameEnd returns where the unquoted name at the start of s ends: at a `/` or
// at a `[` that begins a predicate. Another `[` is part of the name, as in
// php-fpm's php_admin_value[error_log].
func nameEnd(s string) int {
	for i := range len(s) {
		if s[i] == '/' || s[i] == '[' && beginsTest(s[i:]) {
			return i
		}
	}
	return len(s)
}

// beginsTest reports whether s starts with `[key=`.
func beginsTest(s string) bool {
	i := strings.IndexAny(s, "=]")
	return i > 1 && s[i] == '=' && !strings.ContainsAny(s[1:i], "/'\"[")
}

// isPosition reports whether s is a number in brackets.
func isPosition(s string) bool {
	inner := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	return len(inner) == len(s)-2 && inner != "" && strings.Trim(inner, "0123456789") == ""
}

// parseTest reads `[key='value']`, whose value may stand bare if it is one word.
func parseTest(s string) (Test, string, error) {
	eq := strings.IndexByte(s, '=')
	if eq < 0 {
		return Test{}, "", fmt.Errorf("%q lacks a value: write `[key='value']`", s)
	}
	test := Test{Key: strings.TrimSpace(s[1:eq])}
	rest := strings.TrimLeft(s[eq+1:], " ")
	if test.Key == "" || strings.ContainsAny(test.Key, "/'\"[]") {
		return test, "", fmt.Errorf("%q lacks a key: write `[key='value']`", s)
	}
	if rest != "" && (rest[0] == '\'' || rest[0] == '"') {
		value, tail, err := quoted(rest)
		if err != nil {
			return test, "", err
		}
		test.Value, rest = value, strings.TrimLeft(tail, " ")
		if rest == "" || rest[0] != ']' {
			return test, "", fmt.Errorf("%q lacks its `]`", s)
		}
		return test, rest[1:], nil
	}
	end := strings.IndexByte(rest, ']')
	if end < 0 {
		return test, "", fmt.Errorf("%q lacks its `]`", s)
	}
	test.Value = rest[:end]
	if test.Value == "" || strings.ContainsAny(test.Value, "'\" \t") {
		return test, "", fmt.Errorf("%q lacks quotes: write `[%s='value']`", s, test.Key)
	}
	return test, rest[end+1:], nil
}

// quoted reads a quoted string at the start of s. The quote itself is written
// twice inside; nothing else is special.
func quoted(s string) (text, rest string, err error) {
	q := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != q {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == q {
			b.WriteByte(q)
			i++
			continue
		}
		return b.String(), s[i+1:], nil
	}
	return "", "", fmt.Errorf("%q has no closing quote", s)
}

// String returns the path in its canonical spelling, which [ParsePath] reads
// as the same path.
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(s.String())
	}
	return b.String()
}

// String returns the step as a path has it.
func (s Step) String() string {
	if s.said != "" {
		return s.said
	}
	var b strings.Builder
	b.WriteString(s.name())
	for _, t := range s.Tests {
		fmt.Fprintf(&b, "[%s=%s]", t.Key, quote(t.Value))
	}
	return b.String()
}

// name returns the step's name, quoted where it must be.
func (s Step) name() string {
	if s.Any {
		return "*"
	}
	back, rest, err := Step{}, "", error(nil)
	if s.Name != "" {
		back, rest, err = parseStep(s.Name)
	}
	if err != nil || rest != "" || back.Name != s.Name || back.Any || len(back.Tests) > 0 {
		return quote(s.Name)
	}
	return s.Name
}

// quote puts s into single quotes, doubling those inside.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// MarshalText returns the canonical spelling.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (p *Path) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = nil
		return nil
	}
	got, err := ParsePath(string(text))
	*p = got
	return err
}

// parent returns the path of the section that p's last step is looked for in.
func (p Path) parent() Path { return p[:len(p)-1] }

// last returns p's last step.
func (p Path) last() Step { return p[len(p)-1] }

// with returns p's section with another last name.
func (p Path) with(name string) Path {
	q := append(Path(nil), p.parent()...)
	return append(q, Step{Name: name})
}
