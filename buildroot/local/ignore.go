package local

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// A rule is one line of a .gitignore file.
type rule struct {
	glob    string // of a path below the directory of the file
	again   bool   // written with `!`: what matches is not ignored after all
	dirOnly bool   // ended in a slash: it matches directories alone
}

// parseIgnore reads a .gitignore file. What gitignore(5) says of lines is kept;
// a line that git could not match anything with is left out.
func parseIgnore(text string) []rule {
	var rules []rule
	for line := range strings.SplitSeq(text, "\n") {
		if r, ok := parseRule(strings.TrimSuffix(line, "\r")); ok {
			rules = append(rules, r)
		}
	}
	return rules
}

func parseRule(line string) (rule, bool) {
	var r rule
	if strings.HasPrefix(line, "#") {
		return r, false
	}
	line = trimSpaces(line)
	line, r.again = strings.CutPrefix(line, "!")
	line, r.dirOnly = strings.CutSuffix(line, "/")
	if line == "" {
		return r, false
	}
	// A slash at the beginning or in the middle ties the pattern to its directory.
	anchored := strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	// doublestar takes a/** to match a as well, as git does not.
	if above, ok := strings.CutSuffix(line, "/**"); ok {
		line = above + "/**/*"
	}
	if !anchored {
		line = "**/" + line
	}
	r.glob = escapeBraces(line)
	return r, doublestar.ValidatePattern(r.glob)
}

// trimSpaces takes off spaces at the end that no backslash stands before.
func trimSpaces(line string) string {
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = strings.TrimSuffix(line, " ")
	}
	return line
}

// escapeBraces keeps doublestar from reading {a,b}, which git does not know.
func escapeBraces(glob string) string {
	var b strings.Builder
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case c == '\\' && i+1 < len(glob):
			b.WriteString(glob[i : i+2])
			i++
		case c == '{' || c == '}':
			b.WriteString(`\` + string(c))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// An ignorer holds the rules of all .gitignore files from the workspace's root
// down to one directory.
type ignorer struct {
	above *ignorer
	dir   string // of the file, in the workspace
	rules []rule
}

// ignores reports whether the rules leave a path of the workspace out, whose
// parents they do not. The last rule that matches counts, and the one of the
// nearest directory before others.
func (g *ignorer) ignores(name string, isDir bool) bool {
	for ; g != nil; g = g.above {
		below := name
		if g.dir != "." {
			below = strings.TrimPrefix(name, g.dir+"/")
		}
		for i := len(g.rules) - 1; i >= 0; i-- {
			if r := g.rules[i]; (isDir || !r.dirOnly) && doublestar.MatchUnvalidated(r.glob, below) {
				return !r.again
			}
		}
	}
	return false
}

// parents returns the directories above name in the workspace, the root first.
func parents(name string) []string {
	if name == "." {
		return nil
	}
	return append(parents(path.Dir(name)), path.Dir(name))
}
