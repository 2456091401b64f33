package recipe

import (
	"fmt"
	"strings"
)

// content reads what the top of a recipe and [image] share. Below [image],
// `user` is the image's user.
func (r *reader) content(n *node) Content {
	var c Content
	if n == nil {
		return c
	}
	if n.parent == nil {
		c.Users = r.users(n.get("user"))
	}
	c.Groups = r.groups(n.get("group"), c.Users)
	for _, kid := range r.named(n.get("dir")) {
		var d Dir
		if r.live(kid, func() { d = r.dir(kid) }) && d.Path != "" {
			c.Dirs = append(c.Dirs, d)
		}
	}
	for _, kid := range r.named(n.get("file")) {
		var f File
		if r.live(kid, func() { f = r.file(kid) }) && f.Path != "" {
			c.Files = append(c.Files, f)
		}
	}
	for _, kid := range r.named(n.get("link")) {
		var l Link
		if r.live(kid, func() { l = r.link(kid) }) && l.Path != "" {
			c.Links = append(c.Links, l)
		}
	}
	c.Remove = r.remove(n.get("remove"))
	c.Sudo = r.sudo(n.get("sudo"))
	for _, kid := range r.named(n.get("edit")) {
		var e Edit
		if r.live(kid, func() { e = r.edit(kid) }) && e.Path != "" {
			c.Edits = append(c.Edits, e)
		}
	}
	return c
}

// users reads [user].
func (r *reader) users(n *node) []User {
	var out []User
	numbers := map[uint32]string{}
	for _, kid := range r.named(n) {
		var u User
		if !r.live(kid, func() { u = r.user(kid) }) {
			continue
		}
		if before := numbers[u.UID.Number]; u.UID.Given && before != "" {
			r.badValue(kid.get("uid"), "", "uid %d is %s's already", u.UID.Number, before)
		}
		if u.UID.Given {
			numbers[u.UID.Number] = u.Name
		}
		out = append(out, u)
	}
	return out
}

// user reads one account.
func (r *reader) user(n *node) User {
	u := User{Pos: r.keyPos(n), Name: n.key, Home: "/nonexistent", Shell: "/usr/sbin/nologin", Password: "*"}
	if !isAccount(n.key) {
		r.badKey(n, "letters in lower case, digits, - and _ behind the first, at most 32", "%q cannot be the name of a user", n.key)
	}
	if n.kind == integerKind {
		r.badValue(n, fmt.Sprintf("write %s = { uid = %s }", quoteKey(n.key), r.text(n)), "%s must be a table, not an integer", n.key)
		return u
	}
	if !r.table(n, "uid gid home shell groups comment password only") {
		return u
	}
	u.UID = r.id(n.get("uid"))
	if u.UID.Given && u.UID.Number == 0 && u.Name != "root" {
		r.badValue(n.get("uid"), "choose a number from 1", "uid 0 is root's")
	}
	u.GID = u.UID
	if g := n.get("gid"); g != nil {
		u.GID = r.id(g)
	}
	if h := n.get("home"); h != nil {
		u.Home = r.imagePathOf(h)
	}
	if s := n.get("shell"); s != nil {
		u.Shell = r.imagePathOf(s)
	}
	for _, kid := range r.entries(n.get("groups"), false) {
		u.Groups = append(u.Groups, r.account(kid, ""))
	}
	u.Comment = r.str(n.get("comment"))
	if strings.ContainsAny(u.Comment, ":\n") {
		r.badValue(n.get("comment"), "", "a comment holds neither a colon nor a new line")
	}
	if p := n.get("password"); p != nil {
		u.Password = r.password(p)
	}
	return u
}

// password reads a field of shadow(5), never a password itself.
func (r *reader) password(n *node) string {
	s := r.raw(n)
	if n.kind != stringKind || s == "*" || s == "!" || strings.HasPrefix(s, "$") && strings.Count(s, "$") > 2 && !strings.ContainsAny(s, ": \n") {
		return s
	}
	r.badValue(n, `"*" is no login by password; mkpasswd(1) prints a hash`, "a recipe holds no password, only its hash")
	return "*"
}

// id reads a number of a user or group.
func (r *reader) id(n *node) ID {
	v := r.integer(n, -1, 0, maxID)
	if v < 0 {
		return ID{}
	}
	return ID{Number: uint32(v), Given: true}
}

// groups reads [group].
func (r *reader) groups(n *node, users []User) []Group {
	var out []Group
	numbers := map[uint32]string{}
	for _, kid := range r.named(n) {
		g := Group{Pos: r.keyPos(kid), Name: kid.key}
		if !isAccount(kid.key) {
			r.badKey(kid, "letters in lower case, digits, - and _ behind the first, at most 32", "%q cannot be the name of a group", kid.key)
		}
		if !r.table(kid, "gid members only") {
			continue
		}
		live := r.live(kid, func() {
			g.GID = r.id(kid.get("gid"))
			for _, m := range r.entries(kid.get("members"), false) {
				g.Members = append(g.Members, r.account(m, ""))
			}
		})
		if !live {
			continue
		}
		if before := numbers[g.GID.Number]; g.GID.Given && before != "" {
			r.badValue(kid.get("gid"), "", "gid %d is %s's already", g.GID.Number, before)
		}
		if g.GID.Given {
			numbers[g.GID.Number] = g.Name
		}
		out = append(out, g)
	}
	return out
}

// pathKey reads the path that an entry's key is.
func (r *reader) pathKey(n *node) string {
	if n.key == "" {
		r.badKey(n, "write a path", "the path is empty")
		return ""
	}
	return r.imagePath(r.expand(n.key, n.keyAt), n.keyAt)
}

// dir reads one directory.
func (r *reader) dir(n *node) Dir {
	d := Dir{Pos: r.keyPos(n), Path: r.pathKey(n), Owner: "root", Mode: 0o755}
	if r.table(n, "owner mode only") {
		d.Owner = r.owner(n.get("owner"), "root")
		d.Mode = r.mode(n.get("mode")).Or(0o755)
	}
	return d
}

// file reads one file, or a directory of files if its path ends in a slash.
func (r *reader) file(n *node) File {
	f := File{Pos: r.keyPos(n)}
	key := r.expand(n.key, n.keyAt)
	whole := strings.HasSuffix(key, "/")
	if n.key == "" {
		r.badKey(n, "write a path", "the path is empty")
	} else if key == "/" {
		f.Path = "/"
	} else if f.Path = r.imagePath(strings.TrimSuffix(key, "/"), n.keyAt); f.Path != "" && whole {
		f.Path += "/"
	}
	if n.kind == stringKind {
		r.badValue(n, "write { from = \"…\" } for a file's name, { content = \"…\" } for its text", "a file is a table")
		return f
	}
	if !r.table(n, "from content owner mode expand replace early only") {
		return f
	}
	f.Owner = r.owner(n.get("owner"), "root")
	f.Mode = r.mode(n.get("mode"))
	f.Expand = r.boolean(n.get("expand"), false)
	f.Replace = r.boolean(n.get("replace"), false)
	f.Early = r.boolean(n.get("early"), false)
	r.fileText(n, &f, whole)
	return f
}

// fileText reads where a file's bytes come from.
func (r *reader) fileText(n *node, f *File, whole bool) {
	from, content := n.get("from"), n.get("content")
	switch {
	case from == nil && content == nil:
		r.badKey(n, `write from = "…" or content = "…"`, "the file has neither from nor content")
	case from != nil && content != nil:
		r.badKey(content, "keep one of them", "the file has both from and content")
	case from != nil:
		f.FromPos = r.pos(from)
		p := r.word(from)
		if strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "//") {
			f.From, f.Place = r.imagePath(p, from.valAt), InImage
			if f.Early {
				r.badValue(from, "take it from beside the recipe, or write its content", "an early file comes before the image that it would be copied from")
			}
			break
		}
		f.From = r.local(strings.TrimSuffix(p, "/"), from.valAt)
		_, f.Place = splitPlace(f.From)
	case whole:
		r.badKey(content, `write from = "DIR", or leave the last / of the path out`, "a directory has no content")
	default:
		f.ContentPos = r.pos(content)
		r.keepsSecret(content, Revealed(r.raw(content)))
		if f.Content = r.raw(content); f.Expand {
			f.Content = r.expand(f.Content, content.valAt)
		}
		f.Expand = false
	}
}

// link reads one symbolic link.
func (r *reader) link(n *node) Link {
	l := Link{Pos: r.keyPos(n), Path: r.pathKey(n)}
	to := n
	if n.kind == tableKind {
		if !r.table(n, "to replace only") {
			return l
		}
		if to = n.get("to"); to == nil {
			r.badKey(n, `write "/link" = "/target"`, "the link does not say where it leads")
			return l
		}
		l.Replace = r.boolean(n.get("replace"), false)
	}
	l.To = r.word(to)
	if strings.HasPrefix(l.To, "//") {
		r.badValue(to, "a path in the image begins with one /", "%q is a path of the workspace", l.To)
	}
	if l.To != "" && l.To == l.Path {
		r.badValue(to, "", "the link leads to itself")
	}
	return l
}

// remove reads [remove].
func (r *reader) remove(n *node) Remove {
	var out Remove
	if n == nil || !r.table(n, "paths early only") {
		return out
	}
	var paths []Ref
	live := r.live(n, func() { paths = r.globs(n.get("paths"), true) })
	early := r.boolean(n.get("early"), false)
	if n.get("paths") == nil {
		r.badKey(n, `write paths = ["/…"]`, "[remove] does not say what")
	}
	switch {
	case !live:
	case early:
		out.Early = paths
	default:
		out.Paths = paths
	}
	return out
}

// sudo reads [sudo]: files of /etc/sudoers.d, whose names must not hold a dot
// or end in ~ (sudoers(5)).
func (r *reader) sudo(n *node) []Var {
	if n == nil {
		return nil
	}
	var out []Var
	for _, kid := range r.named(n) {
		line := r.raw(kid)
		if !isSetName(kid.key) && !isAccount(kid.key) {
			r.badKey(kid, "sudo reads no file of /etc/sudoers.d with a dot or a ~ in its name", "%q cannot be the name of a rule", kid.key)
		}
		switch {
		case kid.kind != stringKind:
		case strings.Contains(line, "\n"):
			r.badValue(kid, "write a rule for each line", "a rule of sudo is one line")
		case sudoMistake(line) != "":
			r.badValue(kid, `write it as in sudoers: "%ops ALL=(root) NOPASSWD: /usr/bin/ss"`, "visudo would not take it: %s", sudoMistake(line))
		default:
			out = append(out, Var{kid.key, line, r.pos(kid)})
		}
	}
	return out
}
