package recipe

import (
	"slices"
	"strings"
)

// usualSets are the kinds of files that `@NAME` stands for.
const usualSets = "dev doc debug locale"

// artefacts reads [artefacts]; main comes last, as it takes what is left.
func (r *reader) artefacts(n *node, i *Instance) []Set {
	var out []Set
	for _, kid := range r.named(n) {
		if !isSetName(kid.key) {
			r.badKey(kid, "letters in lower case, digits and - behind the first", "%q cannot be the name of a set of artefacts", kid.key)
		}
		out = append(out, r.set(kid, i))
	}
	if at := slices.IndexFunc(out, func(s Set) bool { return s.Name == "main" }); at >= 0 {
		out = append(slices.Delete(slices.Clone(out), at, at+1), out[at])
	}
	return out
}

// isSetName reports whether a set can be called so.
func isSetName(s string) bool {
	return isRecipeName(s) && !strings.ContainsAny(s, "+._")
}

// set reads one output: a list, or a table with the list and dependencies.
func (r *reader) set(n *node, i *Instance) Set {
	s := Set{Name: n.key, Pos: r.keyPos(n)}
	list := n
	if n.kind == tableKind {
		if !r.table(n, "files depends") {
			return s
		}
		s.Depends = r.deps(n.get("depends"))
		if list = n.get("files"); list == nil {
			r.badKey(n, "write files = [\"/…\"]", "set %q does not say which files", n.key)
			return s
		}
	}
	takes := false
	for _, kid := range r.entries(list, false) {
		a := Artefact{Pos: r.pos(kid), Strip: i.Room.Strip}
		if r.live(kid, func() { r.artefact(kid, &a) }) && (a.Glob != "" || a.Usual != "") {
			s.Files = append(s.Files, a)
		}
		takes = takes || !a.Not
	}
	if list.kind == listKind && len(list.kids) > 0 && !takes {
		r.badValue(list, "write what it takes, too", "set %q only leaves out", n.key)
	}
	return s
}

// artefact reads one entry.
func (r *reader) artefact(n *node, a *Artefact) {
	pattern := n
	if n.kind == tableKind {
		if !r.table(n, "path mode owner caps strip only") {
			return
		}
		if pattern = n.get("path"); pattern == nil {
			r.badValue(n, `write path = "/…"`, "the artefact has no path")
			return
		}
		a.Mode = r.mode(n.get("mode"))
		a.Owner = r.owner(n.get("owner"), "")
		a.Caps = r.caps(n.get("caps"))
		a.Strip = r.boolean(n.get("strip"), a.Strip)
	}
	s := r.word(pattern)
	switch {
	case s == "":
	case s[0] == '@':
		a.Usual = r.usual(pattern, s[1:])
	case s[0] == '!':
		a.Not = true
		if s = s[1:]; strings.HasPrefix(s, "**/") { // what is left out may be so anywhere
			s = "/" + s
		}
		a.Glob = r.glob(s, true, pattern.valAt)
		if n.kind == tableKind && len(n.kids) > 1 {
			r.badValue(n, "", "what is left out has no mode, owner, caps or strip")
		}
	default:
		a.Glob = r.glob(s, true, pattern.valAt)
	}
}

// usual reads the name behind an `@`.
func (r *reader) usual(n *node, name string) string {
	if !hasWord(usualSets, name) {
		r.badValue(n, nearHint("@"+name, strings.Fields("@dev @doc @debug @locale")), "unknown kind of files %q", "@"+name)
		return ""
	}
	return name
}

// caps reads capabilities as setcap(8) has them: "cap_net_raw,cap_net_admin=ep".
func (r *reader) caps(n *node) string {
	s := r.word(n)
	for clause := range strings.FieldsSeq(s) {
		i := strings.IndexAny(clause, "=+")
		ok := i > 0 && clause[i+1:] != "" && strings.Trim(clause[i+1:], "eip") == ""
		if ok {
			for c := range strings.SplitSeq(clause[:i], ",") {
				ok = ok && strings.HasPrefix(c, "cap_") && strings.Trim(c, "abcdefghijklmnopqrstuvwxyz_") == ""
			}
		}
		if !ok {
			r.badValue(n, `write it as setcap has it: "cap_net_raw=ep"`, "%q is no capability", clause)
			return ""
		}
	}
	return s
}
