package edit

// comment reads `#key: value` as an entry of the section whose column it has.
func (p *yamlParser) comment(mark, stop, col int) {
	start := mark + 1
	for start < stop && (p.s[start] == '#' || isBlank(p.s[start])) {
		start++
	}
	if start == stop {
		return
	}
	n, at, ok := p.head(start, stop)
	if !ok || n.name != "-" && !isKey(n.name) || start-mark > 20 {
		p.twins = nil
		return
	}
	eff := yamlColumn(col, start-mark-1)
	parent := p.owner(eff, n.name == "-")
	if parent == nil {
		return
	}
	switch {
	case at >= stop || p.s[at] == '#':
		if n.name == "-" || start-mark > 3 && eff == 0 {
			return
		}
		n.block = true
	case p.s[at] == '|' || p.s[at] == '>':
		return
	default:
		q := &yamlParser{t: p.t, s: p.s[:stop]}
		q.value(&n, at, stop, stop, col)
	}
	n.twin, n.mark = true, mark
	if n.block {
		n.body = span{stop, stop}
	}
	k := p.t.add(parent, n)
	for up := parent; up.twin; up = up.parent {
		up.whole.end, up.body.end = k.whole.end, k.whole.end
		up.val = span{-1, -1}
	}
	p.twins = append(p.twins, yamlLevel{k, eff, noEntries})
}

// yamlColumn returns the column that a commented key would have: its mark's,
// and what blanks stand behind the mark beside the one that is usual there.
func yamlColumn(mark, gap int) int {
	if gap%2 == 1 {
		gap--
	}
	return mark + gap
}

// owner returns the section that an entry in a column belongs to, or nil; an
// item may stand in the column of its own key.
func (p *yamlParser) owner(col int, item bool) *node {
	for len(p.twins) > 0 {
		if top := p.twins[len(p.twins)-1]; (top.col < col || item && top.col == col && top.n.name != "-") && top.n.block {
			return top.n
		}
		p.twins = p.twins[:len(p.twins)-1]
	}
	for i := len(p.stack) - 1; i >= 0; i-- {
		l := p.stack[i]
		if l.col >= col || !l.n.block {
			continue
		}
		if l.entries != noEntries && l.entries != col {
			return nil
		}
		return l.n
	}
	return nil
}
