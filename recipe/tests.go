package recipe

import "strings"

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
