package image

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
)

// alternativesDir is where the links of update-alternatives(1) meet.
const alternativesDir = "/etc/alternatives"

// An alternative is one file of update-alternatives' database: a name with the
// choices that packages offer for it.
type alternative struct {
	name    string
	link    string // "/usr/bin/awk"
	slaves  []slave
	choices []choice
}

// A slave is a link that follows its master's choice: a manual page mostly.
type slave struct{ name, link string }

// A choice is a file that a package offers, and what it offers for the slaves.
type choice struct {
	path     string
	priority int
	slaves   []string // in the order of alternative.slaves; "" for none
}

// parseAlternative reads a file of /var/lib/dpkg/alternatives, whose format is
// dpkg's (utils/update-alternatives.c): status, link, pairs of slave name and
// link, an empty line; then for each choice its path, its priority and a line
// for each slave; an empty line at the end.
func parseAlternative(name, text string) (*alternative, error) {
	lines := strings.Split(text, "\n")
	next := func() (string, bool) {
		if len(lines) == 0 {
			return "", false
		}
		line := lines[0]
		lines = lines[1:]
		return line, true
	}
	alt := &alternative{name: name}
	next() // its status: what is chosen now plays no part
	alt.link, _ = next()
	for {
		slaveName, ok := next()
		if !ok || slaveName == "" {
			break
		}
		link, _ := next()
		alt.slaves = append(alt.slaves, slave{slaveName, link})
	}
	for {
		p, ok := next()
		if !ok || p == "" {
			break
		}
		priority, _ := next()
		n, err := strconv.Atoi(priority)
		if err != nil {
			return nil, fmt.Errorf("alternative %s: priority %q of %s", name, priority, p)
		}
		c := choice{path: p, priority: n}
		for range alt.slaves {
			line, _ := next()
			c.slaves = append(c.slaves, line)
		}
		alt.choices = append(alt.choices, c)
	}
	if !strings.HasPrefix(alt.link, "/") {
		return nil, fmt.Errorf("alternative %s: no link", name)
	}
	return alt, nil
}

// best returns the choice of the highest priority among those that exist, or
// nil. Of equal ones the first by path counts, so that order plays no part.
func (alt *alternative) best(exists func(string) bool) *choice {
	var best *choice
	for i := range alt.choices {
		c := &alt.choices[i]
		switch {
		case !exists(c.path):
		case best == nil, c.priority > best.priority, c.priority == best.priority && c.path < best.path:
			best = c
		}
	}
	return best
}

// links returns the links that make c the choice: from where programs look to
// alternativesDir, and from there to the file. Slaves whose file does not exist
// have none.
func (alt *alternative) links(c *choice, exists func(string) bool) []*layer.File {
	links := pair(alt.link, alt.name, c.path)
	for i, s := range alt.slaves {
		if target := c.slaves[i]; target != "" && exists(target) {
			links = append(links, pair(s.link, s.name, target)...)
		}
	}
	return links
}

// pair are the two links of a name. /bin/nc is where it really is.
func pair(link, name, target string) []*layer.File {
	middle := path.Join(alternativesDir, name)
	return []*layer.File{symlink(deb.Canonical(link), middle), symlink(middle, target)}
}

func symlink(at, to string) *layer.File {
	return &layer.File{Path: at, Type: layer.Symlink, Mode: 0o777, User: "root", Group: "root", Link: to}
}

// chooseAlternatives makes the links of all alternatives that a file of t can
// be, in place of those that scripts made.
func chooseAlternatives(t *layer.Tree, all []*alternative) {
	if len(all) == 0 {
		return
	}
	t.DeleteFunc(func(f *layer.File) bool {
		return f.Type == layer.Symlink && (layer.Below(f.Path, alternativesDir) || path.Dir(f.Link) == alternativesDir)
	})
	var links []*layer.File
	for _, alt := range slices.SortedFunc(slices.Values(all), func(a, b *alternative) int { return strings.Compare(a.name, b.name) }) {
		c := alt.best(t.Exists)
		if c == nil {
			continue
		}
		from, mtime := layer.Origin{Kind: layer.FromEffect, What: "update-alternatives"}, int64(0)
		if _, chosen, _ := t.Resolve(c.path); chosen != nil {
			from.Name, mtime = chosen.Origin.Name, chosen.MTime
		}
		for _, f := range alt.links(c, t.Exists) {
			if t.Get(f.Path) == nil { // dpkg's tool leaves a package's own file alone, too
				f.Origin, f.MTime = from, mtime
				links = append(links, f)
			}
		}
	}
	for _, f := range links {
		lay(t, f)
	}
}
