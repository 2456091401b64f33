package source

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Patch applies a unified diff (diff -u, git diff) to the files below dir, whose
// names it strips of their first directory as `patch -p1` does. Each hunk must
// fit exactly where it says: no fuzz, no offset. Nothing is changed unless all
// of the patch applies. Errors name the patch, the file and the hunk.
func Patch(dir, name string, diff []byte) error {
	files, _, err := gitdiff.Parse(bytes.NewReader(diff))
	if err != nil {
		return fmt.Errorf("patch %s: %w", name, err)
	}
	if len(files) == 0 {
		return fmt.Errorf("patch %s changes no file: it is no unified diff", name)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	done := make([]patched, len(files))
	for i, f := range files {
		if done[i], err = apply(root, f); err != nil {
			return fmt.Errorf("patch %s: %w", name, err)
		}
	}
	for _, p := range done {
		if err := p.write(root); err != nil {
			return fmt.Errorf("patch %s: %w", name, err)
		}
	}
	return nil
}

// patched is a file as a patch leaves it.
type patched struct {
	old, new string // "" where there is none
	data     []byte
	mode     os.FileMode
}

func apply(root *os.Root, f *gitdiff.File) (patched, error) {
	p := patched{old: strip(root, f.OldName), new: strip(root, f.NewName), mode: 0o644}
	if f.IsDelete {
		p.new = ""
	}
	var before []byte
	if !f.IsNew {
		var err error
		if before, err = root.ReadFile(p.old); err != nil {
			return p, fmt.Errorf("%s: it changes a file that the source does not have", p.old)
		}
		info, err := root.Stat(p.old)
		if err != nil {
			return p, err
		}
		p.mode = info.Mode().Perm()
	}
	var after bytes.Buffer
	if err := gitdiff.Apply(&after, bytes.NewReader(before), f); err != nil {
		return p, explain(p, before, f, err)
	}
	if f.NewMode != 0 {
		p.mode = f.NewMode.Perm()
	}
	p.data = after.Bytes()
	return p, nil
}

// strip takes off the directory that diff puts before names: git's a/ and b/, of
// which gitdiff has taken care where git wrote the patch, or the one of whoever
// compared nginx-1.26.3.orig with nginx-1.26.3.
func strip(root *os.Root, name string) string {
	for _, prefix := range []string{"a/", "b/"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return rest
		}
	}
	first, rest, ok := strings.Cut(name, "/")
	if _, err := root.Stat(first); ok && err != nil {
		return rest
	}
	return name
}

// explain says which hunk does not fit and what stands in its place.
func explain(p patched, before []byte, f *gitdiff.File, err error) error {
	var conflict *gitdiff.ApplyError
	if !errors.As(err, &conflict) || conflict.Fragment < 1 || conflict.Fragment > len(f.TextFragments) {
		return fmt.Errorf("%s: %w", p.old, err)
	}
	hunk := f.TextFragments[conflict.Fragment-1]
	lines := strings.SplitAfter(string(before), "\n")
	at := int(hunk.OldPosition) - 1
	for _, l := range hunk.Lines {
		if !l.Old() {
			continue
		}
		have := "the end of the file"
		if at < len(lines) {
			have = fmt.Sprintf("%q", strings.TrimRight(lines[at], "\n"))
		}
		if at >= len(lines) || lines[at] != l.Line {
			return fmt.Errorf("%s: hunk %d does not fit: line %d is %s, and the patch wants %q%s", p.old, conflict.Fragment, at+1, have, strings.TrimRight(l.Line, "\n"), elsewhere(lines, hunk))
		}
		at++
	}
	return fmt.Errorf("%s: hunk %d does not fit: %w", p.old, conflict.Fragment, err)
}

// elsewhere tells where the lines are that a hunk wants, if that is one place.
func elsewhere(lines []string, hunk *gitdiff.TextFragment) string {
	var want []string
	for _, l := range hunk.Lines {
		if l.Old() {
			want = append(want, l.Line)
		}
	}
	var found []int
	for at := range lines {
		if at+len(want) <= len(lines) && slices.Equal(lines[at:at+len(want)], want) {
			found = append(found, at+1)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return fmt.Sprintf("; all its lines are at line %d now: make the patch again", found[0])
}

func (p patched) write(root *os.Root) error {
	if p.old != "" && p.old != p.new {
		if err := root.Remove(p.old); err != nil {
			return err
		}
	}
	if p.new == "" {
		return nil
	}
	if err := root.MkdirAll(path.Dir(p.new), 0o755); err != nil {
		return err
	}
	if err := root.WriteFile(p.new, p.data, p.mode); err != nil {
		return err
	}
	return root.Chmod(p.new, p.mode)
}
