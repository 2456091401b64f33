package buildroot

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/plan"
)

// Once the store was asked it is known what is to be done, and what others wait for
// is more urgent than they are.
func TestUrgency(t *testing.T) {
	w := newWorld(t, map[string]string{"tool": tool, "user": user})
	w.does("tool: 1", map[string]string{"tool": "1"})
	if _, _, err := w.build(t.Context(), Options{}); err == nil {
		t.Fatal("user was built, whose steps nobody knows")
	}
	p := w.plan()
	b := New(p, Env{Store: w.store}, Options{})
	defer b.Close()
	goals := make([]plan.ID, len(p.Goals))
	for i, g := range p.Goals {
		goals[i] = g.Action
	}
	b.look(goals)
	var wanted []string
	for _, a := range p.Actions {
		n := b.nodes[a.ID]
		if n == nil || !n.wanted {
			continue
		}
		wanted = append(wanted, a.Label)
		for _, id := range a.Inputs {
			if in := p.Action(id); b.nodes[id].wanted && b.urgency(in) <= b.urgency(a) {
				t.Errorf("%s is not more urgent than %s, which waits for it", in.Label, a.Label)
			}
		}
	}
	equalText(t, "wanted", strings.Join(wanted, "\n"), "build user\ncollect user")
}
