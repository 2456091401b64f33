package sed

import "strings"

// A Line is what a script made of one line of a file.
type Line struct {
	Before  string // without its end
	After   []string
	Deleted bool     // After is empty, and nothing is written for it
	Above   []string // lines that were inserted before it
	Below   []string // and after it
	ends    bool     // it had a line end
}

// Changed reports whether the line is not as it was.
func (l Line) Changed() bool {
	return l.Deleted || len(l.Above) > 0 || len(l.Below) > 0 || len(l.After) != 1 || l.After[0] != l.Before
}

// Lines runs the script on src, line by line.
func (s Script) Lines(src string) []Line {
	all := strings.SplitAfter(src, "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	r := &runner{in: map[*command]int{}, last: len(all)}
	lines := make([]Line, len(all))
	for i, text := range all {
		r.line = i + 1
		bare, ends := strings.CutSuffix(text, "\n")
		lines[i] = r.run(s, bare)
		lines[i].ends = ends
	}
	return lines
}

// Join makes the file of lines again.
func Join(lines []Line) string {
	var b strings.Builder
	for i, l := range lines {
		nl := "\n"
		for _, a := range l.Above {
			b.WriteString(a + "\n")
		}
		if i == len(lines)-1 && !l.ends && len(l.Below) == 0 {
			nl = ""
		}
		if !l.Deleted {
			b.WriteString(strings.Join(l.After, "\n") + nl)
		}
		for _, a := range l.Below {
			b.WriteString(a + "\n")
		}
	}
	return b.String()
}

// A runner knows which ranges are open: until which line, or -1 for a pattern.
type runner struct {
	in         map[*command]int
	line, last int
}

// run runs the script on one line.
func (r *runner) run(s Script, text string) Line {
	l := Line{Before: text}
	space := text
	r.commands(s, &space, &l)
	if !l.Deleted {
		l.After = strings.Split(space, "\n")
	}
	return l
}

// commands runs commands until one deletes the line; it reports whether one did.
func (r *runner) commands(cmds []command, space *string, l *Line) bool {
	for i := range cmds {
		c := &cmds[i]
		if r.selects(c, *space) == c.not {
			continue
		}
		switch c.verb {
		case '{':
			if r.commands(c.body, space, l) {
				return true
			}
		case 'd':
			l.Deleted = true
			return true
		case 'a':
			l.Below = append(l.Below, strings.Split(c.text, "\n")...)
		case 'i':
			l.Above = append(l.Above, strings.Split(c.text, "\n")...)
		case 'c':
			l.Deleted = true
			if c.to == nil || c.not || r.in[c] == 0 {
				l.Below = append(l.Below, strings.Split(c.text, "\n")...)
			}
			return true
		case 's':
			*space = c.substitute(*space)
		}
	}
	return false
}

// selects reports whether c's addresses mean the line.
func (r *runner) selects(c *command, text string) bool {
	switch {
	case c.from == nil:
		return true
	case c.to == nil:
		return r.matches(c.from, text)
	}
	until, open := r.in[c]
	if open && until != 0 {
		if until > 0 && r.line >= until || until < 0 && r.matches(c.to, text) {
			r.in[c] = 0
		}
		return true
	}
	if c.from.first {
		if r.line > 1 {
			return false
		}
		if !r.matches(c.to, text) {
			r.in[c] = -1
		}
		return true
	}
	if !r.matches(c.from, text) {
		return false
	}
	switch {
	case c.to.re != nil || c.to.line == -1:
		r.in[c] = -1
		if c.to.line == -1 && r.line == r.last {
			r.in[c] = 0
		}
	case c.to.line == -2:
		r.in[c] = r.line + c.to.plus
		if c.to.plus == 0 {
			r.in[c] = 0
		}
	case c.to.line > r.line:
		r.in[c] = c.to.line
	}
	return true
}

// matches reports whether an address is of the line.
func (r *runner) matches(a *address, text string) bool {
	switch {
	case a.re != nil:
		return a.re.MatchString(text)
	case a.line == -1:
		return r.line == r.last
	}
	return a.line == r.line
}

// substitute runs s on a line.
func (c *command) substitute(text string) string {
	var b strings.Builder
	at := 0
	for i, m := range c.re.FindAllStringSubmatchIndex(text, -1) {
		if c.nth > 0 && i+1 < c.nth {
			continue
		}
		b.WriteString(text[at:m[0]])
		for _, p := range c.with {
			b.WriteString(p.text)
			if p.group >= 0 && m[2*p.group] >= 0 {
				b.WriteString(text[m[2*p.group]:m[2*p.group+1]])
			}
		}
		at = m[1]
		if !c.all {
			break
		}
	}
	b.WriteString(text[at:])
	return b.String()
}
