package edit

import (
	"fmt"
	"strconv"
	"strings"
)

// spoken reads op as people speak of directives: a name of several words is a name
// and its first arguments, as in haproxy's `timeout client` or nginx's
// `proxy_set_header Host`, and the value is what stands behind them. What is there
// under the whole name is meant first.
func (e *editor) spoken(op Op) Op {
	if !e.st.phrases || op.Verb == Rename || len(op.Path) == 0 {
		return op
	}
	p, lead := e.phrases(op.Path, op.Verb == Section)
	op.Path = p
	if len(lead) == 0 {
		return op
	}
	n, err := strconv.Atoi(op.Arg)
	switch {
	case err == nil && n > 0:
		op.Arg = strconv.Itoa(n + len(lead))
	case op.Verb != Set || op.Arg != "":
	case e.oneBehind(op, len(lead)):
		op.Arg = strconv.Itoa(1 + len(lead))
	default:
		op.To, op.Was = behind(lead, op.To), behind(lead, op.Was)
	}
	return op
}

// oneBehind reports whether one word is to be given to entries that have one behind
// the first n.
func (e *editor) oneBehind(op Op, n int) bool {
	active, _ := e.t.find(op.Path, e.st)
	for _, k := range active {
		if len(k.words) != n+1 {
			return false
		}
	}
	return len(active) > 0 && !op.List && op.To[0].Kind != Bool && len(strings.Fields(op.To[0].Text)) == 1
}

// phrases returns p with the names of several words taken apart: those of sections
// mean all of their arguments. Where the last one is no section, it means those
// that lead, which are returned.
func (e *editor) phrases(p Path, section bool) (Path, []string) {
	var lead []string
	q := make(Path, len(p))
	for i, step := range p {
		words := strings.Fields(step.Name)
		if q[i] = step; len(words) < 2 {
			continue
		}
		if active, twins := e.t.find(q[:i+1], e.st); len(active)+len(twins) > 0 {
			continue
		}
		tests := []Test{{"args", strings.Join(words[1:], " ")}}
		if i == len(p)-1 && !section {
			lead, tests = words[1:], nil
			for j, w := range lead {
				tests = append(tests, Test{fmt.Sprintf("arg%d", j+1), w})
			}
		}
		q[i] = Step{Name: words[0], Tests: append(tests, step.Tests...), said: step.String()}
	}
	return q, lead
}

// behind returns values that begin with the words of lead.
func behind(lead []string, values []Value) []Value {
	var all []Value
	for _, v := range values {
		if v.Kind != Bool { // a mistake, which is told of the value as it was written
			v = Value{Text: strings.TrimSpace(strings.Join(lead, " ") + " " + v.Text)}
		}
		all = append(all, v)
	}
	return all
}

// phrase returns n's name with as many of its first words as name has words more
// than one.
func (n *node) phrase(name string) string {
	p := n.name
	for i := range min(len(strings.Fields(name))-1, len(n.words)) {
		p += " " + n.words[i].text
	}
	return p
}

// apart reports whether entries of several words each begin with another one.
func apart(ns []*node) bool {
	seen := map[string]bool{}
	for _, n := range ns {
		if len(n.words) < 2 || seen[n.words[0].text] || !isKey(n.words[0].text) {
			return false
		}
		seen[n.words[0].text] = true
	}
	return true
}

// fits reports whether a new entry of step that says v passes the step's tests,
// which only those of arguments can.
func (s Step) fits(v Value) bool {
	words := strings.Fields(v.Text)
	for _, t := range s.Tests {
		num, ok := strings.CutPrefix(t.Key, "arg")
		i, err := strconv.Atoi(num)
		if !ok || err != nil || i < 1 || i > len(words) || words[i-1] != t.Value {
			return false
		}
	}
	return true
}
