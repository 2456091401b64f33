package image

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// unknown is the number of an account that has none yet.
const unknown = -1

// An account is a user as some passwd file has it, or as the recipe says.
type account struct {
	name     string
	id       int    // or unknown
	group    string // the primary group's name; empty: the one of gid
	gid      int    // or unknown
	comment  string
	home     string
	shell    string
	password string // for shadow(5)
	own      *recipe.User
}

// A circle is a group of accounts.
type circle struct {
	name    string
	id      int // or unknown
	members map[string]bool
	pos     diag.Pos // of the recipe's words, if it has any
}

// accounts are all users and groups that an image could have, and which it has.
type accounts struct {
	users  map[string]*account
	groups map[string]*circle
	named  map[string]bool // users that the image has
	namedG map[string]bool // groups that the image has
	// asked has where the recipe names "user U" or "group G" first.
	asked map[string]diag.Pos
}

func newAccounts() *accounts {
	return &accounts{
		users: map[string]*account{}, groups: map[string]*circle{},
		named: map[string]bool{"root": true}, namedG: map[string]bool{"root": true},
		asked: map[string]diag.Pos{},
	}
}

// addStatic adds what Debian numbers the same everywhere (Policy 9.2.2), from
// base-passwd's own tables: it is there, and in the image if somebody asks.
func (c *accounts) addStatic(passwd, group []byte) {
	for line := range strings.Lines(string(group)) {
		if g := parseGroup(line); g != nil {
			c.groups[g.name] = g
		}
	}
	for line := range strings.Lines(string(passwd)) {
		if u := parsePasswd(line); u != nil {
			u.group = c.groupOf(u.gid)
			c.users[u.name] = u
		}
	}
	if c.groups["root"] == nil {
		c.groups["root"] = &circle{name: "root", members: map[string]bool{}}
	}
	if c.users["root"] == nil {
		c.users["root"] = &account{name: "root", group: "root", comment: "root", home: "/root", shell: "/bin/bash", password: "*"}
	}
}

// groupOf is the name of the group with that number, or "".
func (c *accounts) groupOf(gid int) string {
	for _, name := range slices.Sorted(maps.Keys(c.groups)) {
		if g := c.groups[name]; g.id == gid && gid != unknown {
			return name
		}
	}
	return ""
}

// parsePasswd reads a line of passwd(5), or returns nil.
func parsePasswd(line string) *account {
	f := strings.Split(strings.TrimRight(line, "\n"), ":")
	if len(f) != 7 || f[0] == "" {
		return nil
	}
	return &account{name: f[0], id: number(f[2]), gid: number(f[3]), comment: f[4], home: f[5], shell: f[6], password: "*"}
}

// parseGroup reads a line of group(5), or returns nil.
func parseGroup(line string) *circle {
	f := strings.Split(strings.TrimRight(line, "\n"), ":")
	if len(f) != 4 || f[0] == "" {
		return nil
	}
	g := &circle{name: f[0], id: number(f[2]), members: map[string]bool{}}
	for _, m := range strings.Split(f[3], ",") {
		if m != "" {
			g.members[m] = true
		}
	}
	return g
}

func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return unknown
	}
	return int(n)
}

// addOwn adds the recipe's users and groups. Their numbers come before all
// others, also for a name that Debian numbers otherwise.
func (c *accounts) addOwn(users []recipe.User, groups []recipe.Group) {
	for _, g := range groups {
		c.ownGroup(g.Name, g.GID, g.Pos, g.Members...)
	}
	for i := range users {
		u := &users[i]
		a := &account{
			name: u.Name, id: unknown, gid: unknown, comment: u.Comment, home: u.Home, shell: u.Shell,
			password: cmp.Or(u.Password, "*"), own: u, group: u.Name,
		}
		if old := c.users[u.Name]; old != nil && !u.UID.Given {
			a.id = old.id
		}
		gid := u.GID
		if u.UID.Given {
			a.id = int(u.UID.Number)
			if !gid.Given {
				gid = u.UID
			}
		}
		if other := c.groupOf(int(gid.Number)); u.GID.Given && u.GID != u.UID && other != "" { // by default it is U's own
			a.group = other
			c.namedG[other] = true
		} else {
			c.ownGroup(u.Name, gid, u.Pos)
		}
		c.users[u.Name] = a
		c.named[u.Name] = true
	}
	for _, u := range users {
		for _, g := range u.Groups {
			c.join(g, u.Name, u.Pos)
		}
	}
}

// ownGroup adds a group of the recipe, or gives one that is there its number.
func (c *accounts) ownGroup(name string, gid recipe.ID, pos diag.Pos, members ...string) {
	g := c.groups[name]
	if g == nil {
		g = &circle{name: name, id: unknown, members: map[string]bool{}}
		c.groups[name] = g
	}
	if gid.Given {
		g.id = int(gid.Number)
	}
	g.pos = pos
	for _, m := range members {
		g.members[m], c.named[m] = true, true
		c.ask("user", m, pos)
	}
	c.namedG[name] = true
}

// join makes a user a member of a group that may not be there.
func (c *accounts) join(group, user string, pos diag.Pos) {
	c.namedG[group] = true
	c.ask("group", group, pos)
	if c.groups[group] == nil {
		return // number tells
	}
	c.groups[group].members[user] = true
}

// addLine adds a line of passwd or group that a package's script wrote. Numbers
// in it are those of the root where the script ran: gids translates the group's
// to its name, and the image's own come from elsewhere. Who is in a group is told
// by addMember.
func (c *accounts) addLine(file, line string, gids map[int]string) {
	switch file {
	case "/etc/passwd":
		u := parsePasswd(line)
		if u == nil {
			return
		}
		c.named[u.name] = true
		switch old := c.users[u.name]; {
		case old == nil:
			u.id, u.group, u.gid = unknown, gids[u.gid], unknown
			c.users[u.name] = u
		case old.own == nil:
			old.comment, old.home, old.shell = u.comment, u.home, u.shell
		}
	case "/etc/group":
		g := parseGroup(line)
		if g == nil {
			return
		}
		c.namedG[g.name] = true
		if c.groups[g.name] == nil {
			g.id, g.members = unknown, map[string]bool{}
			c.groups[g.name] = g
		}
	}
}

// addMember makes a user a member of a group because a package's script did.
func (c *accounts) addMember(group, user string) {
	if g := c.groups[group]; g != nil {
		g.members[user] = true
	}
}

// mention says that the image needs an owner's name. Numbers need no line.
func (c *accounts) mention(user, group string) {
	if user != "" && number(user) == unknown {
		c.named[user] = true
	}
	if group != "" && number(group) == unknown {
		c.namedG[group] = true
	}
}

// ask remembers where the recipe names somebody.
func (c *accounts) ask(kind, name string, pos diag.Pos) {
	if _, ok := c.asked[kind+" "+name]; !ok {
		c.asked[kind+" "+name] = pos
	}
}

// A nobody is a name that the image needs and nobody knows, or that has no number.
type nobody struct {
	kind, name string // "user" or "group"
	known      bool
	pos        diag.Pos
}

// number gives every account of the image its number: the recipe's, Debian's
// own, the lock's. It returns those that have none, sorted.
func (c *accounts) number(lock map[string]int) []nobody {
	var lost []nobody
	for _, name := range slices.Sorted(maps.Keys(c.named)) {
		u := c.users[name]
		if u == nil {
			lost = append(lost, nobody{kind: "user", name: name})
			continue
		}
		if u.id == unknown {
			u.id = lockNumber(lock, name)
		}
		if u.id == unknown {
			lost = append(lost, nobody{kind: "user", name: name, known: true, pos: u.pos()})
		}
		c.namedG[cmp.Or(u.group, name)] = true
	}
	for _, name := range slices.Sorted(maps.Keys(c.namedG)) {
		g := c.groups[name]
		said := slices.ContainsFunc(lost, func(n nobody) bool { return n.name == name })
		if g == nil {
			if !said {
				lost = append(lost, nobody{kind: "group", name: name})
			}
			continue
		}
		if g.id == unknown && c.users[name] != nil && c.users[name].own != nil {
			g.id = c.users[name].id
		}
		if g.id == unknown {
			g.id = lockNumber(lock, name)
		}
		if g.id == unknown && !said {
			lost = append(lost, nobody{kind: "group", name: name, known: true, pos: g.pos})
		}
	}
	return lost
}

func (u *account) pos() diag.Pos {
	if u.own != nil {
		return u.own.Pos
	}
	return diag.Pos{}
}

func lockNumber(lock map[string]int, name string) int {
	if n, ok := lock[name]; ok {
		return n
	}
	return unknown
}

// byID returns the image's users by number.
func (c *accounts) byID() []*account {
	var list []*account
	for name := range c.named {
		list = append(list, c.users[name])
	}
	slices.SortFunc(list, func(a, b *account) int { return cmp.Or(cmp.Compare(a.id, b.id), strings.Compare(a.name, b.name)) })
	return list
}

// groupsByID returns the image's groups by number.
func (c *accounts) groupsByID() []*circle {
	var list []*circle
	for name := range c.namedG {
		list = append(list, c.groups[name])
	}
	slices.SortFunc(list, func(a, b *circle) int { return cmp.Or(cmp.Compare(a.id, b.id), strings.Compare(a.name, b.name)) })
	return list
}

// passwd writes passwd(5), by number. A shell that is not in the image becomes
// nologin, unless the recipe asks for it.
func (c *accounts) passwd(exists func(string) bool) []byte {
	var b strings.Builder
	for _, u := range c.byID() {
		shell := u.shell
		if u.own == nil && !exists(shell) {
			shell = nologin
		}
		fmt.Fprintf(&b, "%s:x:%d:%d:%s:%s:%s\n", u.name, u.id, c.groups[cmp.Or(u.group, u.name)].id, u.comment, u.home, shell)
	}
	return []byte(b.String())
}

// nologin is the shell of accounts that nobody logs in to.
const nologin = "/usr/sbin/nologin"

// group writes group(5), by number, with the members that the image has.
func (c *accounts) group() []byte {
	var b strings.Builder
	for _, g := range c.groupsByID() {
		var members []string
		for _, m := range slices.Sorted(maps.Keys(g.members)) {
			if c.named[m] {
				members = append(members, m)
			}
		}
		fmt.Fprintf(&b, "%s:x:%d:%s\n", g.name, g.id, strings.Join(members, ","))
	}
	return []byte(b.String())
}

// shadow writes shadow(5). The date of the last change stays empty: it would be
// the day of the build, and passwords do not age without it.
func (c *accounts) shadow() []byte {
	var b strings.Builder
	for _, u := range c.byID() {
		fmt.Fprintf(&b, "%s:%s::0:99999:7:::\n", u.name, u.password)
	}
	return []byte(b.String())
}

// files are the accounts as an image has them.
func (c *accounts) files(exists func(string) bool, shadow bool, from layer.Origin) []*layer.File {
	files := []*layer.File{
		layer.Content("/etc/passwd", 0o644, c.passwd(exists), from),
		layer.Content("/etc/group", 0o644, c.group(), from),
	}
	if shadow {
		f := layer.Content("/etc/shadow", 0o640, c.shadow(), from)
		f.Group = "shadow"
		files = append(files, f)
	}
	return files
}

// ids are the numbers as archives want them.
func (c *accounts) ids() layer.IDs {
	ids := layer.IDs{Users: map[string]uint32{}, Groups: map[string]uint32{}}
	for name := range c.named {
		ids.Users[name] = uint32(c.users[name].id)
	}
	for name := range c.namedG {
		ids.Groups[name] = uint32(c.groups[name].id)
	}
	return ids
}
