package git

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/giturl"
)

// A ref is the whole name of a tag or branch.
type ref string

const (
	tags  = "refs/tags/"
	heads = "refs/heads/"
)

// refOf is the ref of a tag or branch; empty if there is neither.
func refOf(tag, branch string) ref {
	switch {
	case tag != "":
		return ref(tags + tag)
	case branch != "":
		return ref(heads + branch)
	}
	return ""
}

// String is "tag v1.0" or "branch main".
func (r ref) String() string {
	if name, ok := strings.CutPrefix(string(r), tags); ok {
		return "tag " + name
	}
	return "branch " + strings.TrimPrefix(string(r), heads)
}

// peeled is what git calls the commit that an annotated tag leads to.
func (r ref) peeled() string { return string(r) + "^{}" }

// resolve asks a repository for the commit of a ref.
func (s *session) resolve(ctx context.Context, u giturl.URL, r ref) (string, error) {
	out, err := s.remote(ctx, s.dir, u, "ls-remote", "--quiet", address, string(r), r.peeled())
	if err != nil {
		return "", err
	}
	refs, err := parseRefs(out)
	if err != nil {
		return "", err
	}
	if commit, ok := refs[r.peeled()]; ok {
		return commit, nil
	}
	if commit, ok := refs[string(r)]; ok {
		return commit, nil
	}
	return "", s.noRef(ctx, u, r)
}

// noRef says which name of the repository is nearest to one that it has not.
func (s *session) noRef(ctx context.Context, u giturl.URL, r ref) error {
	out, err := s.remote(ctx, s.dir, u, "ls-remote", "--quiet", "--refs", "--tags", "--heads", address)
	if err != nil {
		return err
	}
	refs, err := parseRefs(out)
	if err != nil {
		return err
	}
	return missingRef(r, refs)
}

// maxListed is how many names are told of those that a repository has.
const maxListed = 3

func missingRef(r ref, refs map[string]string) error {
	kind, name, _ := strings.Cut(r.String(), " ")
	other, otherKind := tags+name, "tag"
	if kind == otherKind {
		other, otherKind = heads+name, "branch"
	}
	if _, ok := refs[other]; ok {
		return final(fmt.Sprintf("write %s = %q", otherKind, name), "it has no %s, but a %s of that name", r, otherKind)
	}
	prefix := strings.TrimSuffix(string(r), name)
	var names []string
	for have := range refs {
		if short, ok := strings.CutPrefix(have, prefix); ok {
			names = append(names, short)
		}
	}
	near := nearest(name, names)
	switch {
	case len(names) == 0:
		return final("", "it has no %s, and no other %s either", r, kind)
	case len(near) == 0:
		return final(fmt.Sprintf("`git ls-remote --%ss` lists those that it has", strings.Replace(kind, "branch", "head", 1)), "it has no %s", r)
	}
	return final("did you mean "+strings.Join(near, " or ")+"?", "it has no %s", r)
}

// nearest are the names most like one, the best first: those that only add or lack a
// prefix such as "v" or "release-", and the one with the fewest other letters.
func nearest(name string, names []string) []string {
	slices.Sort(names)
	var near []string
	for _, n := range names {
		if len(name) > 1 && (strings.HasSuffix(n, name) || strings.HasSuffix(name, n) && len(n) > 1) {
			near = append(near, n)
		}
	}
	for len(near) < maxListed {
		n := diag.Nearest(name, names)
		if n == "" {
			break
		}
		names = slices.DeleteFunc(names, func(m string) bool { return m == n })
		if !slices.Contains(near, n) {
			near = append(near, n)
		}
	}
	return near[:min(len(near), maxListed)]
}

// parseRefs reads what git ls-remote prints: an object and a name a line.
func parseRefs(out []byte) (map[string]string, error) {
	refs := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, maxSaid)
	for lines.Scan() {
		object, name, ok := strings.Cut(lines.Text(), "\t")
		if !ok || !isObject(object) || name == "" {
			return nil, final("", "git ls-remote printed %q", lines.Text())
		}
		if _, twice := refs[name]; !twice {
			refs[name] = object
		}
	}
	if err := lines.Err(); err != nil {
		return nil, final("", "read what git ls-remote printed: %w", err)
	}
	return refs, nil
}

// isObject reports whether s is the name of an object: SHA-1 or SHA-256 in lower-case
// hexadecimal.
func isObject(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return false
		}
	}
	return len(s) == 40 || len(s) == 64
}
