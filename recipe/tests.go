package recipe

import (
	"slices"
	"strings"
)

// tests reads [test].
func (r *reader) tests(n *node, i *Instance) []Test {
	var out []Test
	for _, kid := range r.named(n) {
		if !isRecipeName(kid.key) {
			r.badKey(kid, "letters in lower case, digits, and + - . _ behind the first", "%q cannot be the name of a test", kid.key)
		}
		if !r.table(kid, "run exec packages env cmd with stdout exit timeout memory processes only") {
			continue
		}
		var t Test
		if r.live(kid, func() { t = r.test(kid) }) {
			out = append(out, t)
		}
	}
	return out
}

// test reads one test.
func (r *reader) test(n *node) Test {
	t := Test{Pos: r.keyPos(n), Name: n.key}
	run, exec := n.get("run"), n.get("exec")
	switch {
	case run == nil && exec == nil:
		r.badKey(n, `write run = "…" or exec = ["…"]`, "test %q does nothing", n.key)
	case run != nil && exec != nil:
		r.badKey(exec, "write a test for each", "the test has both run and exec")
	case run != nil:
		if t.Run = r.raw(run); blank(run) {
			r.badValue(run, "", "run is empty")
		}
	default:
		t.Exec = r.command(exec)
		for _, k := range []string{"packages", "cmd"} {
			if kid := n.get(k); kid != nil {
				r.badKey(kid, "exec runs a program of the image alone; write run", "%s is for a test with run", k)
			}
		}
	}
	t.Packages = r.deps(n.get("packages"))
	t.Env = r.env(n.get("env"))
	t.Cmd = r.command(n.get("cmd"))
	t.With = r.companions(n.get("with"))
	for _, kid := range r.entries(n.get("stdout"), true) {
		s := r.str(kid)
		if s == "" && kid.kind == stringKind {
			r.badValue(kid, "every output contains it", "stdout is empty")
		}
		t.Stdout = append(t.Stdout, s)
	}
	t.Exit = int(r.integer(n.get("exit"), 0, 0, 255))
	t.Limits = r.limits(n)
	return t
}

// companions reads the images beside the tested one.
func (r *reader) companions(n *node) []Companion {
	var out []Companion
	for _, kid := range r.named(n) {
		if !isSetName(kid.key) {
			r.badKey(kid, "letters in lower case, digits and - behind the first", "%q cannot be the name of a host", kid.key)
		}
		if !r.table(kid, "recipe env") {
			continue
		}
		c := Companion{Pos: r.keyPos(kid), Host: kid.key, Env: r.env(kid.get("env"))}
		if name := kid.get("recipe"); name == nil {
			r.badKey(kid, `write recipe = "NAME"`, "%q does not say which recipe", kid.key)
		} else if s := strings.TrimPrefix(r.word(name), "recipe:"); s != "" {
			c.Dep = Dep{Pos: r.pos(name), Text: "recipe:" + s}
			r.recipeName(name, &c.Dep, s)
		}
		out = append(out, c)
	}
	return out
}

// companions checks that what is to start beside i in its tests can: it has an
// image, and listens on no port of another, for all share one network.
func (a *arranger) companions(i *Instance) {
	for _, t := range i.Tests {
		taken := a.ports(i)
		for _, c := range t.With {
			other := a.find(c.Dep, i)
			if other == nil {
				continue // that was told
			}
			if other.Image == nil {
				a.mistake(edge{i, c.Dep}, "name a recipe with an [image]", "recipe %s has no image to start", other.Name)
			}
			for _, p := range a.ports(other) {
				if slices.Contains(taken, p) {
					a.mistake(edge{i, c.Dep}, "have one of them listen on another port", "%s listens on port %d, and so does another image of this test: they share one network", c.Host, p.Number)
				}
				taken = append(taken, p)
			}
		}
	}
}

// ports are those of i's image, or of the one that it begins with.
func (a *arranger) ports(i *Instance) []Port {
	for range len(a.units) { // there may be a circle
		switch {
		case i == nil || i.Image == nil:
			return nil
		case len(i.Image.Ports) > 0:
			return slices.Clone(i.Image.Ports)
		}
		i = a.find(i.Image.From, i)
	}
	return nil
}
