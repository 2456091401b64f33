package main

import (
	"fmt"
	"slices"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// numbered refuses users and groups of images that have no number, before
// anything is built for them: only `ashlar lock` gives them one.
func (p *planned) numbered() error {
	l, err := p.workspace.readLock()
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, id := range l.IDs {
		known[id.Name] = true
	}
	var mistakes diag.List
	check := func(kind, name string, id recipe.ID, pos diag.Pos) {
		if !id.Given && !known[name] && !slices.Contains(debianAccounts, name) {
			known[name] = true // it is said once
			mistakes.Add(&diag.Error{
				Pos: pos, Msg: fmt.Sprintf("%s %q has no number, neither here nor in %s", kind, name, lock.FileName),
				Hint: "run `ashlar lock`, which gives it one",
			})
		}
	}
	for _, i := range p.graph.All {
		if i.Image == nil {
			continue
		}
		for _, part := range p.graph.ForImage(i) {
			for _, u := range part.Recipe.Users {
				check("user", u.Name, u.UID, u.Pos)
			}
			for _, g := range part.Recipe.Groups {
				check("group", g.Name, g.GID, g.Pos)
			}
		}
	}
	return mistakes.Err()
}

// debianAccounts are the users and groups of every Debian system, whose numbers
// are the same everywhere (Policy 9.2.2): passwd.master and group.master of
// base-passwd 3.6.
var debianAccounts = []string{
	"root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data", "backup",
	"list", "irc", "_apt", "nobody", "adm", "tty", "disk", "kmem", "dialout", "fax", "voice", "cdrom", "floppy", "tape",
	"sudo", "audio", "dip", "operator", "src", "shadow", "utmp", "video", "sasl", "plugdev", "staff", "users", "nogroup",
}
