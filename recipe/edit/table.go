package edit

import (
	"fmt"
	"strings"
)

// Table writes operations as what a recipe has to edit one file, with the
// operations in their order: set.KEY and lists of paths or lines as far as that
// order allows, `ops` for the rest.
//
//	[edit."/etc/ssh/sshd_config"]
//	set.PermitRootLogin = "no"
//	uncomment = ["Port"]
//	ops = [
//	    { insert = "Banner none", after = "Port" },
//	]
func Table(file string, ops []Op) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[edit.%s]\n", QuoteTOML(file))
	for len(ops) > 0 && ops[0].Verb == Set {
		fmt.Fprintf(&b, "set.%s = %s\n", tomlKey(ops[0].Path.String()), ops[0].setting())
		ops = ops[1:]
	}
	for _, list := range []struct {
		verb Verb
		name string
	}{{Unset, "unset"}, {Comment, "comment"}, {Uncomment, "uncomment"}, {Line, "lines"}} {
		n := 0
		var all []string
		for n < len(ops) && ops[n].Verb == list.verb && ops[n].Count == (Count{}) && ops[n].At == "" && ops[n].Place != Start {
			subject := ops[n].Text
			if list.verb != Line {
				subject = ops[n].Path.String()
			}
			all = append(all, QuoteTOML(subject))
			n++
		}
		if n > 0 {
			fmt.Fprintf(&b, "%s = [%s]\n", list.name, strings.Join(all, ", "))
			ops = ops[n:]
		}
	}
	if len(ops) == 0 {
		return b.String()
	}
	b.WriteString("ops = [\n")
	for _, op := range ops {
		b.WriteString("    " + op.TOML() + ",\n")
	}
	b.WriteString("]\n")
	return b.String()
}

// setting writes what set.KEY is.
func (o Op) setting() string {
	text := strings.TrimSuffix(strings.TrimPrefix(o.TOML(), "{ set = "+QuoteTOML(o.Path.String())+", to = "), " }")
	if o.Arg == "" && o.Was == nil && o.Count == (Count{}) {
		return text
	}
	return "{ to = " + text + " }"
}

// tomlKey writes a key, bare where TOML allows that.
func tomlKey(s string) string {
	for _, r := range s {
		if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return QuoteTOML(s)
		}
	}
	return s
}
