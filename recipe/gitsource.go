package recipe

import (
	"strings"

	"github.com/ashlar-build/ashlar/recipe/giturl"
)

// git reads what a source takes from a git repository.
func (r *reader) git(n *node, s *Source) {
	for _, kid := range r.entries(n.get("git"), true) {
		if len(s.Git) == 0 {
			s.GitPos = r.pos(kid)
		}
		if u := r.gitURL(kid); u != "" {
			s.Git = append(s.Git, u)
		}
	}
	s.Tag = r.gitRef(n.get("tag"))
	s.Branch = r.gitRef(n.get("branch"))
	s.Commit = r.commit(n.get("commit"))
	s.NoSubmodules = !r.boolean(n.get("submodules"), true)
}

// gitURL reads the address of a repository.
func (r *reader) gitURL(n *node) string {
	s := r.word(n)
	if s == "" || r.off > 0 && strings.Contains(r.raw(n), "${") {
		return s
	}
	_, err := giturl.Parse(s)
	switch {
	case giturl.HasPassword(err):
		r.badValue(n, "put them into ~/.netrc, or write [secret.NAME] host = \"HOST\": a recipe keeps no password", "%v", err)
	case err != nil:
		r.badValue(n, `write "https://host/path", "ssh://git@host/path" or "file:///path"`, "%v", err)
	default:
		return s
	}
	return ""
}

// gitRef reads the name of a tag or a branch.
func (r *reader) gitRef(n *node) string {
	s := r.word(n)
	if s == "" || r.off > 0 && strings.Contains(r.raw(n), "${") {
		return s
	}
	if rest, ok := strings.CutPrefix(s, "refs/"); ok {
		_, short, _ := strings.Cut(rest, "/")
		r.badValue(n, `write it as git tag and git branch print it, such as "`+short+`"`, "%q is a whole ref, and %s is a name", s, n.key)
		return ""
	}
	if err := giturl.CheckRef(s); err != nil {
		r.badValue(n, "", "%v", err)
		return ""
	}
	return s
}

// commit reads a commit's whole name.
func (r *reader) commit(n *node) string {
	s := r.word(n)
	if s != "" && r.off == 0 && (len(s) != 40 && len(s) != 64 || !isHex(s)) {
		r.badValue(n, "git rev-parse prints it", "commit %q is not 40 or 64 hexadecimal digits in lower case", s)
		return ""
	}
	return s
}

// followed checks that a source of git says what of the repository it is.
func (r *reader) followed(n, git *node) {
	tag, branch, commit := n.get("tag"), n.get("branch"), n.get("commit")
	switch {
	case tag == nil && branch == nil && commit == nil:
		r.badKey(git, `write tag = "v${version}", branch = "main" or commit = "…"`, "a source of git needs a tag, a branch or a commit")
	case branch != nil && tag != nil:
		r.badKey(branch, "write one of them", "a source follows a tag or a branch, and this one has both")
	case branch != nil && commit != nil:
		r.badKey(commit, "leave it to the lock, which has the branch's commit and moves it by `ashlar update` alone; or leave branch out", "a branch moves, and a commit in the recipe would not move with it")
	}
}
