package plan

import (
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// Said is an action's description as it is kept to be compared with a later one:
// in the place of an ID stands what that action is called, and the ID's beginning.
func (p *Plan) Said(a *Action) []Field {
	fields := Describe(a.Kind, a.Do)
	for i, f := range fields {
		if other := p.byID[ID(f.Value)]; other != nil {
			fields[i].Value = other.Label + idMark + string(other.ID[:12])
		}
	}
	return fields
}

// idMark stands between an action's name and its ID.
const idMark = " #"

// A Change is one thing that an action has otherwise than before.
type Change struct {
	What     string   // `step "compile".run`, "package libssl-dev", "recipe:zlib/dev"
	Old, New string   // empty: it was not there, or is gone
	Pos      diag.Pos // in the recipe, if it is written there
	Made     bool     // other actions make it, which may come to the same as before; Old and New are their IDs
}

// Changes says how a description differs from an earlier one of the same action.
func Changes(old, now []Field) []Change {
	before, after := told(old), told(now)
	var changes []Change
	scripts := false // only the effects of maintainer scripts differ
	note := func(c Change) {
		if c.What == scriptsChange {
			scripts = true
			return
		}
		changes = append(changes, c)
	}
	for _, what := range after.order {
		n, o := after.value[what], before.value[what]
		if n.value != o.value {
			note(Change{What: what, Old: o.value, New: n.value, Pos: n.pos, Made: n.made})
		}
	}
	for _, what := range before.order {
		if _, ok := after.value[what]; !ok {
			note(Change{What: what, Old: before.value[what].value, Made: before.value[what].made})
		}
	}
	if scripts && len(changes) == 0 {
		changes = append(changes, Change{What: scriptsChange})
	}
	return changes
}

// scriptsChange is what changes with packages, and otherwise only when this
// program makes something else of their scripts.
const scriptsChange = "what maintainer scripts do"

// A tale is a description by what a person calls each of its fields.
type tale struct {
	order []string
	value map[string]said
}

type said struct {
	value string
	pos   diag.Pos
	made  bool
}

func told(fields []Field) tale {
	t := tale{value: map[string]said{}}
	names := map[string]string{} // of the elements of lists
	for _, f := range fields {
		for _, key := range []string{".Name", ".Path", ".File", ".Says.Name", ".Text", ".Glob", ".Host"} {
			if element, ok := strings.CutSuffix(f.Name, key); ok && strings.HasSuffix(element, "]") && names[element] == "" {
				names[element] = f.Value
			}
		}
	}
	for _, f := range fields {
		what, value, made := called(f, names)
		if _, again := t.value[what]; again || what == "" {
			continue
		}
		t.order = append(t.order, what)
		t.value[what] = said{value, f.Pos, made}
	}
	return t
}

// called is what a person calls a field, its value, and whether that is an action's
// ID, which says nothing yet of what it comes to.
func called(f Field, names map[string]string) (what, value string, made bool) {
	label, id, isAction := strings.Cut(f.Value, idMark)
	kind, rest, _ := strings.Cut(label, " ")
	switch {
	case isAction && kind == string(KindUnpack):
		name, version, _ := strings.Cut(rest, " ")
		return "package " + name, version + " (" + id + ")", false
	case isAction && kind == string(KindConfigure):
		return scriptsChange, id, false
	case isAction && f.Of != "":
		return "recipe:" + rest + "/" + f.Of, id, true
	case isAction:
		return label, id, true
	case strings.HasPrefix(f.Name, "Sources[") && strings.HasSuffix(f.Name, ".Is"):
		return "source file " + names[strings.TrimSuffix(f.Name, ".Is")], f.Value, false
	case strings.HasPrefix(f.Name, "Sources[") && (strings.HasSuffix(f.Name, "].Path") || strings.HasSuffix(f.Name, "].Tree")):
		return "", "", false // the files say it
	}
	return spoken(f.Name, names), f.Value, false
}

// spoken is a field's name for people: `Steps[0].Run` is `step "compile".run`.
func spoken(name string, names map[string]string) string {
	var b strings.Builder
	at := 0
	for at < len(name) {
		end := strings.IndexByte(name[at:], '.')
		if end < 0 {
			end = len(name)
		} else {
			end += at
		}
		part := name[at:end]
		list, _, indexed := strings.Cut(part, "[")
		switch {
		case part == "Root" || part == "Says" || part == "Room" || part == "Do":
		case part == "Content" && end < len(name):
		case indexed && names[name[:end]] != "":
			b.WriteString(" " + strings.ToLower(strings.TrimSuffix(list, "s")) + " \"" + names[name[:end]] + "\"")
		default:
			b.WriteString("." + strings.ToLower(part))
		}
		at = end + 1
	}
	return strings.TrimLeft(b.String(), " .")
}
