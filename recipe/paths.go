package recipe

import (
	"path"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// imagePath checks a path in the image: absolute and clean.
func (r *reader) imagePath(p string, at span) string {
	switch {
	case p == "":
	case strings.HasPrefix(p, "//"):
		r.bad(at, "a path in the image begins with one /", "%q is a path of the workspace", p)
	case p[0] != '/':
		r.bad(at, "a path in the image begins with /", "%q is not absolute", p)
	case badParts(p):
		r.bad(at, "write it without . and .. and double slashes", "path %q is not clean", p)
	case len(p) > 1 && strings.HasSuffix(p, "/"):
		r.bad(at, "leave the last / out", "path %q ends in a slash", p)
	default:
		return p
	}
	return ""
}

// badParts reports whether a path has empty parts but the last, or `.` or `..`.
func badParts(p string) bool {
	for part := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(p, "/"), "/"), "/") {
		if part == "" && p != "/" || part == "." || part == ".." {
			return true
		}
	}
	return false
}

// imagePathOf is [reader.imagePath] for the value of a node.
func (r *reader) imagePathOf(n *node) string {
	if n == nil {
		return ""
	}
	return r.imagePath(r.word(n), n.valAt)
}

// sourcePath checks a path below the unpacked source: relative, and inside.
func (r *reader) sourcePath(p string, at span) string {
	if p == "" {
		return ""
	}
	if c := path.Clean(p); c != p || c == ".." || strings.HasPrefix(c, "../") || c == "." {
		r.bad(at, "write it without . and .., relative to the source", "%q is not a path inside the unpacked source", p)
		return ""
	}
	return p
}

// workdir checks a directory that is relative to the source or absolute.
func (r *reader) workdir(n *node) string {
	p := r.word(n)
	if strings.HasPrefix(p, "/") {
		return r.imagePath(p, n.valAt)
	}
	if p == "." {
		return ""
	}
	if n == nil {
		return ""
	}
	return r.sourcePath(p, n.valAt)
}

// local checks a path of the workspace, relative to the recipe or behind `//`,
// and returns it as it is written. No path leaves the workspace.
func (r *reader) local(p string, at span) string {
	name, place := splitPlace(p)
	switch {
	case p == "":
		return ""
	case place == InImage:
		r.bad(at, "a path beside the recipe has no leading /, one of the workspace has two", "%q is a path in the image", p)
		return ""
	case place == InWorkspace && (name == ".." || strings.HasPrefix(name, "../")),
		place == Beside && strings.HasPrefix(path.Join("recipes/name", p), ".."):
		r.bad(at, "", "path %q leaves the workspace", p)
		return ""
	case strings.HasPrefix(p, "///"):
		r.bad(at, "write two slashes for the workspace", "path %q has too many slashes", p)
		return ""
	}
	return p
}

// localOf is [reader.local] for the value of a node.
func (r *reader) localOf(n *node) Ref {
	if n == nil {
		return Ref{}
	}
	p := r.local(r.word(n), n.valAt)
	if p == "" {
		return Ref{}
	}
	return Ref{p, r.pos(n)}
}

// splitPlace takes the beginning of a path off that says where it is.
func splitPlace(p string) (string, Place) {
	switch {
	case strings.HasPrefix(p, "//"):
		return path.Clean(strings.TrimLeft(p, "/")), InWorkspace
	case strings.HasPrefix(p, "/"):
		return p, InImage
	}
	return path.Clean(p), Beside
}

// Locate returns where a path of the recipe is, relative to the workspace:
// beside the recipe, or, behind `//`, from the workspace's root. It is for the
// paths of [Ref] and of [File] that are not in the image.
func (i *Instance) Locate(p string) string {
	name, place := splitPlace(p)
	if place == Beside {
		return path.Join(path.Dir(i.File), name)
	}
	return name
}

// SourceDir returns where the directory of a source is, relative to the
// workspace.
func (i *Instance) SourceDir(s Source) string {
	if s.FromRecipe {
		return path.Join(path.Dir(i.File), s.Dir)
	}
	return s.Dir
}

// glob checks a pattern of paths; absolute says that it begins with /.
func (r *reader) glob(g string, absolute bool, at span) string {
	switch {
	case g == "":
	case !doublestar.ValidatePattern(g):
		r.bad(at, `patterns are *, **, ?, [a-z] and {a,b}; \ before one of them takes its meaning away`, "pattern %q is not closed", g)
	case absolute && g[0] != '/':
		r.bad(at, "a path in the image begins with /", "pattern %q is not absolute", g)
	case !absolute && g[0] == '/':
		r.bad(at, "it is relative to the source", "pattern %q begins with /", g)
	case badParts(g) || strings.HasSuffix(g, "/"):
		r.bad(at, "write it without . and .. and without slashes that are double or last", "pattern %q is not clean", g)
	default:
		return g
	}
	return ""
}

// globs reads a list of patterns.
func (r *reader) globs(n *node, absolute bool) []Ref {
	var out []Ref
	for _, kid := range r.entries(n, false) {
		if g := r.glob(r.word(kid), absolute, kid.valAt); g != "" {
			out = append(out, Ref{g, r.pos(kid)})
		}
	}
	return out
}

// names returns the words of refs.
func names(refs []Ref) []string {
	var out []string
	for _, ref := range refs {
		out = append(out, ref.Name)
	}
	return out
}

// mode reads permission bits, which are a string of octal digits.
func (r *reader) mode(n *node) Mode {
	if n == nil {
		return Mode{}
	}
	if n.kind == integerKind {
		r.badValue(n, "write it in quotes, as chmod has it: \"0755\"", "mode must be a string of octal digits")
		return Mode{}
	}
	s := r.word(n)
	if s == "" {
		return Mode{}
	}
	bits, err := strconv.ParseUint(s, 8, 12)
	if err != nil || len(s) < 3 || len(s) > 4 {
		r.badValue(n, `write it as chmod has it: "0755"`, "mode %q is not three or four octal digits", s)
		return Mode{}
	}
	return Mode{Bits: uint32(bits), Given: true}
}

// owner reads "user" or "user:group", which may be numbers.
func (r *reader) owner(n *node, missing string) string {
	s := r.word(n)
	if s == "" {
		return missing
	}
	user, group, both := strings.Cut(s, ":")
	if !isAccount(user) && !isNumber(user) || both && !isAccount(group) && !isNumber(group) {
		r.badValue(n, `write "user" or "user:group"`, "%s %q is no owner", n.key, s)
		return missing
	}
	return s
}

// isNumber reports whether s is a number that an account can have.
func isNumber(s string) bool {
	n, err := strconv.ParseUint(s, 10, 32)
	return err == nil && n <= maxID
}

// isAccount reports whether a user or group can be called so: what adduser(8)
// takes in Debian, and the 32 bytes of utmp.
func isAccount(s string) bool {
	for i, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c == '_':
		case c >= '0' && c <= '9' && i > 0, c == '-' && i > 0:
		case c >= 'A' && c <= 'Z': // Debian-exim, Debian-snmp
		default:
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// maxID is the largest number of a user or group; the next one means "none".
const maxID = 1<<32 - 2
