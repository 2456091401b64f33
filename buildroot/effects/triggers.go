package effects

import (
	"fmt"
	"path"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
)

// interests adds triggers/File and a file for each named trigger.
func (d *Database) interests(sorted []*deb.Package) error {
	var paths strings.Builder
	named := map[string]string{}
	for _, p := range sorted {
		triggers, err := triggersOf(p)
		if err != nil {
			return err
		}
		for _, t := range triggers {
			who := p.Control.Qualified()
			if t.noawait {
				who += "/noawait"
			}
			switch {
			case t.activate:
			case strings.HasPrefix(t.name, "/"):
				paths.WriteString(t.name + " " + who + "\n")
			default:
				named[t.name] += who + "\n"
			}
		}
	}
	d.Files["triggers/File"] = []byte(paths.String())
	for name, who := range named {
		d.Files["triggers/"+name] = []byte(who)
	}
	return nil
}

// A trigger is a line of a package's triggers member.
type trigger struct {
	name     string
	activate bool // or else the package is interested in it
	noawait  bool
}

// triggersOf reads a package's triggers member (deb-triggers(5)).
func triggersOf(p *deb.Package) ([]trigger, error) {
	text, err := p.Member("triggers")
	if err != nil {
		return nil, err
	}
	var list []trigger
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		verb, how, _ := strings.Cut(words[0], "-")
		if len(words) != 2 || verb != "interest" && verb != "activate" || how != "" && how != "await" && how != "noawait" || !triggerName(words[1]) {
			return nil, fmt.Errorf("read triggers of %s: line %q is no trigger (deb-triggers(5))", p.Control.Name, strings.TrimSpace(line))
		}
		list = append(list, trigger{name: words[1], activate: verb == "activate", noawait: how == "noawait"})
	}
	return list, nil
}

// triggerName reports whether name is a path or can be a file's name in
// dpkg's triggers directory.
func triggerName(name string) bool {
	if strings.HasPrefix(name, "/") {
		return path.Clean(name) == name
	}
	if name == "File" || name == "Lock" || name == "Unincorp" || name[0] == '.' || name[0] == '-' {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '/' })
}
