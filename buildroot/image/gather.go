package image

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// gather finds the users and groups that the image could have: Debian's static
// ones, the recipe's, and those that kept packages' scripts made.
func (a *assembly) gather() {
	a.accounts = newAccounts()
	a.accounts.addStatic(a.static[0], a.static[1])
	for _, c := range a.contents() {
		a.accounts.addOwn(c.Users, c.Groups)
	}
	a.agree()
	for _, u := range a.universes() {
		a.eachLine(u, func(line effects.Line, gids map[int]string) {
			if line.Text != "" && a.effective(u, line.Package) {
				a.accounts.addLine(line.File, line.Text, gids)
			}
		})
	}
	for _, u := range a.universes() { // when all groups are known
		for _, line := range u.lines() {
			for _, m := range line.Members {
				if line.File == "/etc/group" && a.effective(u, m.Package) {
					a.accounts.addMember(line.Key, m.User)
				}
			}
		}
	}
}

// lines are all lines that scripts wrote to shared files, in their order.
func (u *universe) lines() []effects.Line {
	var all []effects.Line
	for _, w := range u.waves {
		all = append(all, w.Lines...)
	}
	return all
}

// eachLine calls do with all lines that scripts wrote to shared files, in their
// order, and with the names of groups by the numbers they had there: another wave's
// root, of another recipe, may have given a number to another group.
func (a *assembly) eachLine(u *universe, do func(line effects.Line, gids map[int]string)) {
	gids := map[int]string{}
	note := func(line string) {
		if g := parseGroup(line); g != nil {
			gids[g.id] = g.name
		}
	}
	for line := range strings.Lines(string(a.static[1])) {
		note(line)
	}
	for _, w := range u.waves {
		for _, line := range w.Lines {
			if line.File == "/etc/group" {
				note(line.Text)
			}
		}
		for _, line := range w.Lines {
			do(line, gids)
		}
	}
}

// otherLines writes the files that are kept by line besides those of accounts:
// the lines of kept packages, in the order of their scripts.
func (a *assembly) otherLines(t *layer.Tree) {
	texts := map[string][]string{}
	for _, u := range a.universes() {
		for _, line := range u.lines() {
			switch line.File {
			case "/etc/shells", "/etc/subuid", "/etc/subgid":
			default:
				continue
			}
			if line.Text != "" && a.effective(u, line.Package) && !slices.Contains(texts[line.File], line.Text) {
				texts[line.File] = append(texts[line.File], line.Text)
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(texts)) {
		if t.Get(file) == nil {
			lines := slices.Sorted(slices.Values(texts[file]))
			lay(t, layer.Content(file, 0o644, []byte(strings.Join(lines, "\n")+"\n"), layer.Origin{Kind: layer.FromEffect, What: "by line"}))
		}
	}
}

// userAndGroup are the names, or numbers, that the image runs as.
func (a *assembly) userAndGroup() (user, group string) {
	user, group = a.owner(a.image.User.Name)
	if number(user) != unknown && !strings.Contains(a.image.User.Name, ":") {
		group = user
	}
	return user, group
}

// enlist gives the image its users and groups. It returns their files.
func (a *assembly) enlist(t *layer.Tree) []*layer.File {
	lost, owns := a.number(t)
	for _, n := range lost {
		a.lost(n, owns[n.kind+" "+n.name])
	}
	if len(lost) > 0 {
		return nil
	}
	for _, clash := range a.accounts.clashes() {
		a.mistake(diag.Pos{}, "give one of them another number with uid or gid", "%s", clash)
	}
	from := layer.Origin{Kind: layer.FromUser, Name: a.in.Recipe.Name}
	return a.accounts.files(func(p string) bool { return exists(t, p) }, a.wantsShadow(), from)
}

// clashes returns a sentence for each number that two names of the image have.
func (c *accounts) clashes() []string {
	var found []string
	users, groups := map[int]string{}, map[int]string{}
	for _, name := range slices.Sorted(maps.Keys(c.named)) {
		if other, ok := users[c.users[name].id]; ok {
			found = append(found, fmt.Sprintf("users %s and %s both have the number %d", other, name, c.users[name].id))
		}
		users[c.users[name].id] = name
	}
	for _, name := range slices.Sorted(maps.Keys(c.namedG)) {
		if other, ok := groups[c.groups[name].id]; ok {
			found = append(found, fmt.Sprintf("groups %s and %s both have the number %d", other, name, c.groups[name].id))
		}
		groups[c.groups[name].id] = name
	}
	return found
}

// number finds the accounts that the image has, which are those that own a file,
// those that are named and those that packages made, and gives them numbers. It
// returns those that have none, and for each owner ("user nginx") the first file
// that it has.
func (a *assembly) number(t *layer.Tree) (lost []nobody, owns map[string]string) {
	user, group := a.userAndGroup()
	a.accounts.mention(user, group)
	for _, s := range a.image.Services {
		if s.User.Name != "" {
			u, g := a.owner(s.User.Name)
			a.accounts.mention(u, g)
		}
	}
	owns = map[string]string{}
	for _, f := range t.Files() {
		a.accounts.mention(f.User, f.Group)
		for _, name := range []string{"user " + f.User, "group " + f.Group} {
			if owns[name] == "" {
				owns[name] = f.Path
			}
		}
	}
	if a.wantsShadow() {
		a.accounts.mention("", "shadow")
	}
	a.mentionConfigured(t)
	numbers := map[string]int{}
	for _, id := range a.in.IDs {
		numbers[id.Name] = id.Number
	}
	return a.accounts.number(numbers), owns
}

// configured are those of Debian's own accounts that servers run as because their
// configuration names them. The others are words of English, too, or nobody's.
var configured = []string{"www-data", "nobody", "nogroup"}

// maxConfig is how large a file may be to be searched for these names.
const maxConfig = 256 << 10

// mentionConfigured finds accounts that configuration files name: php-fpm's pools
// run as www-data, who owns no file of the image.
func (a *assembly) mentionConfigured(t *layer.Tree) {
	for f := range t.Under("/etc") {
		if f.Type != layer.Regular || f.Size > maxConfig || madeHere(f.Path) {
			continue
		}
		data, err := a.read(f)
		if err != nil {
			a.fail(err)
			return
		}
		for _, name := range configured {
			if !bytes.Contains(data, []byte(name)) {
				continue
			}
			if a.accounts.users[name] != nil {
				a.accounts.mention(name, "")
			}
			if a.accounts.groups[name] != nil {
				a.accounts.mention("", name)
			}
		}
	}
}

// wantsShadow reports whether something in the image reads passwords: PAM does,
// and a recipe that gives one means somebody to. Others do with less.
func (a *assembly) wantsShadow() bool {
	if a.accounts.groups["shadow"] == nil {
		return false
	}
	if a.kept.named("libpam-modules") {
		return true
	}
	return slices.ContainsFunc(a.users(), func(u recipe.User) bool { return u.Password != "" && u.Password != "*" })
}

// lost says that an account is not there, or has no number.
func (a *assembly) lost(n nobody, file string) {
	pos, hint := a.accounts.asked[n.kind+" "+n.name], a.nearAccount(n.kind, n.name)
	switch {
	case n.known:
		a.mistake(n.pos, "run `ashlar lock`, which gives it one", "%s %q has no number, neither here nor in the lock", n.kind, n.name)
	case a.runner(n) != nil:
		a.mistakes.Add(a.runner(n))
	case file != "":
		a.mistake(pos, hint, "%s belongs to %s %q, whom nobody makes", file, n.kind, n.name)
	default:
		a.mistake(pos, hint, "%s %q is named, and nobody makes it", n.kind, n.name)
	}
}

// runner is the mistake of an image or a service that is to run as nobody there
// is; nil if none is to.
func (a *assembly) runner(n nobody) *diag.Error {
	switch s := a.serviceOf(n.name); {
	case n.known || n.kind != "user":
		return nil
	case n.name == a.image.User.Name:
		return &diag.Error{Pos: a.image.User.Pos, Msg: fmt.Sprintf("the image is to run as user %q, whom nobody makes", n.name), Hint: a.nearAccount("user", n.name)}
	case s != nil:
		return &diag.Error{Pos: s.User.Pos, Msg: fmt.Sprintf("service %q is to run as user %q, whom nobody makes", s.Name, n.name), Hint: a.nearAccount("user", n.name)}
	}
	return nil
}

// serviceOf returns the first service that runs as a user, or nil.
func (a *assembly) serviceOf(user string) *recipe.Service {
	i := slices.IndexFunc(a.image.Services, func(s recipe.Service) bool { return s.User.Name == user })
	if i < 0 {
		return nil
	}
	return &a.image.Services[i]
}

// nearAccount says which user or group may be meant by a name that nobody has.
func (a *assembly) nearAccount(kind, name string) string {
	names := slices.Sorted(maps.Keys(a.accounts.users))
	if kind == "group" {
		names = slices.Sorted(maps.Keys(a.accounts.groups))
	}
	if near := diag.Nearest(name, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Sprintf("declare it in [%s]: %s = {}", kind, name)
}

// names remembers where the recipe names an owner.
func (a *assembly) names(owner string, pos diag.Pos) {
	user, group := a.owner(owner)
	a.accounts.ask("user", user, pos)
	a.accounts.ask("group", group, pos)
}

// homes makes the directories that users live in, as adduser(8) would: others
// may look into a system user's, not into a person's.
func (a *assembly) homes(t *layer.Tree) {
	for _, u := range a.users() {
		if u.Home == "" || u.Home == "/nonexistent" || exists(t, u.Home) {
			continue
		}
		mode := uint32(0o755)
		if u.UID.Given && u.UID.Number >= 1000 {
			mode = 0o700
		}
		a.mkdirFor(t, u.Home, u.Name, mode, u.Pos)
	}
	if user, _ := a.userAndGroup(); user == "root" || user == "0" {
		if !exists(t, "/root") {
			t.Put(&layer.File{Path: "/root", Type: layer.Dir, Mode: 0o700, User: "root", Group: "root", Origin: fromSkeleton()})
		}
	}
}

// mkdirFor makes a directory that somebody may write to.
func (a *assembly) mkdirFor(t *layer.Tree, p, owner string, mode uint32, pos diag.Pos) {
	at, err := place(t, path.Clean(p))
	if err != nil {
		a.mistake(pos, "", "directory %s: %v", p, err)
		return
	}
	if f := t.Get(at); f != nil && f.Type == layer.Symlink {
		if target, g, err := t.Resolve(at); err == nil && (g == nil || g.Type == layer.Dir) {
			at = target
		}
	}
	if f := t.Get(at); f != nil && f.Type != layer.Dir {
		a.mistake(pos, "", "directory %s: %s has a %s there", p, f.Origin, f.Type)
		return
	}
	a.names(owner, pos)
	a.mkdir(t, at, owner, mode, a.fromFile("dir"))
}
