package recipe

import (
	"slices"
	"strconv"
	"strings"
)

// room reads [build].
func (r *reader) room(n *node) Room {
	room := Room{Flags: "debian", Strip: true}
	if n == nil || !r.table(n, "uses options env workdir flags strip discard") {
		return room
	}
	room.Env = r.env(n.get("env"))
	room.Workdir = r.workdir(n.get("workdir"))
	room.Flags = r.one(n.get("flags"), "debian none")
	room.Strip = r.boolean(n.get("strip"), true)
	room.Discard = names(r.globs(n.get("discard"), true))
	return room
}

const stepKeys = "name run before after env workdir user inputs secrets timeout memory processes only"

// steps reads [[step]], and puts those of the build system that build.uses names
// around them.
func (r *reader) steps(n, build *node, i *Instance) []Step {
	var own []placed
	taken := map[string]bool{}
	for number, kid := range r.entries(n, false) {
		if !r.table(kid, stepKeys) {
			continue
		}
		s := Step{Name: strconv.Itoa(number + 1)}
		live := r.live(kid, func() { r.step(kid, &s, i) })
		if !live {
			continue
		}
		if taken[s.Name] {
			r.badValue(kid.get("name"), "", "step %q stands twice", s.Name)
		}
		taken[s.Name] = true
		p := placed{Step: s}
		if before := kid.get("before"); before != nil {
			p.before = Ref{r.word(before), r.pos(before)}
		}
		if after := kid.get("after"); after != nil {
			p.after = Ref{r.word(after), r.pos(after)}
			if kid.get("before") != nil {
				r.badKey(after, "keep one of them", "a step stands before one step or after one")
			}
		}
		own = append(own, p)
	}
	return r.uses(build, i, own)
}

// step reads one step.
func (r *reader) step(n *node, s *Step, i *Instance) {
	s.Pos = r.pos(n)
	if name := r.word(n.get("name")); name != "" {
		s.Name = name
	}
	run := n.get("run")
	switch {
	case run == nil:
		r.bad(n.keyAt, `write run = "…"`, "the step does not say what to run")
	case blank(run):
		r.badValue(run, "", "run is empty")
	default:
		s.Run, s.RunPos, s.Lines = r.raw(run), r.pos(run), r.src.linesOf(run.valAt)
	}
	s.Env = r.env(n.get("env"))
	s.Workdir = r.workdir(n.get("workdir"))
	s.User = r.account(n.get("user"), "root")
	s.Inputs = r.inputs(n.get("inputs"))
	s.Limits = r.limits(n)
	for _, ref := range r.refs(n.get("secrets"), false) {
		known := func(k Secret) bool { return k.Name == ref.Name }
		if !slices.ContainsFunc(i.Secrets, known) {
			r.at(ref, "write [secret."+quoteKey(ref.Name)+"]", "unknown secret %q", ref.Name)
		}
		if at := slices.IndexFunc(i.Secrets, known); at >= 0 && i.Secrets[at].Host != "" {
			r.at(ref, "declare another secret without host for steps", "secret %q is for the fetcher, which sends it to %s: no step sees it", ref.Name, i.Secrets[at].Host)
		}
		s.Secrets = append(s.Secrets, ref)
	}
}

// inputs reads the globs of what a step sees.
func (r *reader) inputs(n *node) []Ref {
	var out []Ref
	for _, kid := range r.entries(n, false) {
		g, not := strings.CutPrefix(r.word(kid), "!")
		if g = r.glob(g, false, kid.valAt); g == "" {
			continue
		}
		if not {
			g = "!" + g
		}
		out = append(out, Ref{g, r.pos(kid)})
	}
	if n != nil && len(out) > 0 && !slices.ContainsFunc(out, func(g Ref) bool { return !strings.HasPrefix(g.Name, "!") }) {
		r.badValue(n, `put "**" before it`, "inputs only leaves out, and takes nothing")
	}
	return out
}

// leastMemory is what the program that starts a step or a test needs for itself.
const leastMemory = 256 << 20

// limits reads the limits of a step or a test.
func (r *reader) limits(n *node) Limits {
	l := Limits{
		Timeout:   r.duration(n.get("timeout"), 0),
		Memory:    r.size(n.get("memory")),
		Processes: int(r.integer(n.get("processes"), 0, 32, 1<<22)),
	}
	if l.Memory > 0 && l.Memory < leastMemory {
		r.badValue(n.get("memory"), "", "nothing can do with less than 256M of memory")
	}
	return l
}

// at notes a mistake at a word that was read before.
func (r *reader) at(ref Ref, hint, format string, args ...any) {
	bol := r.src.lines[ref.Pos.Line-1]
	r.bad(span{bol + ref.Pos.Col - 1, bol + ref.Pos.End - 1}, hint, format, args...)
}

// account reads a user's name or number.
func (r *reader) account(n *node, missing string) string {
	s := r.word(n)
	if s == "" {
		return missing
	}
	if !isAccount(s) && !isNumber(s) {
		r.badValue(n, "write a name or a number", "%q cannot be the name of a user", s)
		return missing
	}
	return s
}
