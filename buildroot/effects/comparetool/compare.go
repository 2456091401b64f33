package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/bmatcuk/doublestar/v4"

	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
)

//go:embed differs.toml
var differsText string

// A rule says how a path may differ, and why; differs.toml has the list.
type rule struct {
	P, Rule, Why string
	used         int
}

func readRules() ([]*rule, error) {
	var file struct{ Differs []*rule }
	if _, err := toml.Decode(differsText, &file); err != nil {
		return nil, fmt.Errorf("read differs.toml: %w", err)
	}
	for _, r := range file.Differs {
		if !doublestar.ValidatePattern(r.P) || r.Why == "" {
			return nil, fmt.Errorf("read differs.toml: the rule for %q is not complete", r.P)
		}
		if _, ok := normalisers[r.Rule]; !ok && !slices.Contains([]string{"skip", "ours", "theirs", "content", "empty", "owner"}, r.Rule) {
			return nil, fmt.Errorf("read differs.toml: %s: no rule is called %q", r.P, r.Rule)
		}
	}
	return file.Differs, nil
}

// compare compares one set and adds its row.
func (w *workspace) compare(_ context.Context, s set, t *table) error {
	if w.twice {
		return w.compareRuns(s, t)
	}
	ours, err := w.ours(s)
	if err != nil {
		return err
	}
	theirs, err := w.theirs(s)
	if err != nil {
		return err
	}
	all := maps.Clone(ours.files)
	maps.Copy(all, theirs.files)
	row := row{set: s.Name, packages: ours.count}
	for _, p := range slices.SortedFunc(maps.Keys(all), layer.Compare) {
		if err := t.path(&row, p, ours, theirs); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	t.add(row)
	return nil
}

// path compares one path.
func (t *table) path(row *row, p string, ours, theirs *root) error {
	a, b := describe(ours, p), describe(theirs, p)
	row.paths++
	if a == b {
		return nil
	}
	noise, _ := effects.NoiseOf(p)
	for _, r := range t.rules {
		if !doublestar.MatchUnvalidated(r.P, p) {
			continue
		}
		same, err := r.allows(p, ours, theirs)
		if err != nil {
			return err
		}
		if same {
			r.used++
			row.ruled++
			return nil
		}
	}
	same, err := allows(noise, p, ours, theirs)
	if err != nil {
		return err
	}
	if same {
		row.noise++
		t.noise[noise.Glob]++
		return nil
	}
	row.left = append(row.left, difference{p, a, b})
	return nil
}

// allows reports whether the noise table is why ours is not as theirs.
func allows(n effects.Noise, p string, ours, theirs *root) (bool, error) {
	a, b := ours.files[p], theirs.files[p]
	switch n.Rule {
	case effects.RuleDrop, effects.RuleSecret, effects.RuleState:
		return a == nil, nil
	case effects.RuleDropContent, effects.RuleEmptyFile:
		return a != nil && b != nil && a.Size == 0 && head(ours, a) == head(theirs, b), nil
	case effects.RuleUnstable:
		return a != nil && b != nil && head(ours, a) == head(theirs, b), nil
	case effects.RuleLink:
		return a != nil && a.Link == n.To, nil
	case effects.RuleDate, effects.RuleJKS, effects.RuleSort, effects.RuleKeys:
		return sameText(p, ours, theirs, func(data []byte, _ *root) ([]byte, error) { return n.Rewrite(data, 0) })
	}
	return false, nil
}

// allows reports whether the rule is why ours is not as theirs.
func (r *rule) allows(p string, ours, theirs *root) (bool, error) {
	a, b := ours.files[p], theirs.files[p]
	switch r.Rule {
	case "skip":
		return true, nil
	case "ours":
		return b == nil, nil
	case "theirs":
		return a == nil, nil
	case "content":
		return a != nil && b != nil && head(ours, a) == head(theirs, b), nil
	case "empty":
		return a != nil && b != nil && a.Size+b.Size == 0, nil
	case "owner":
		return a != nil && b != nil && a.Type == b.Type && a.Mode == b.Mode && a.Digest == b.Digest && a.Link == b.Link, nil
	}
	return sameText(p, ours, theirs, normalisers[r.Rule])
}

// sameText reports whether two files are equal but for what normalise takes out.
func sameText(p string, ours, theirs *root, normalise func([]byte, *root) ([]byte, error)) (bool, error) {
	a, b := ours.files[p], theirs.files[p]
	if a == nil || b == nil || a.Type != layer.Regular || head(ours, a) != head(theirs, b) {
		return false, nil
	}
	var texts [2][]byte
	for i, r := range []*root{ours, theirs} {
		data, err := r.text(p)
		if err == nil {
			texts[i], err = normalise(data, r)
		}
		if err != nil {
			return false, err
		}
	}
	return bytes.Equal(texts[0], texts[1]), nil
}

// describe is all of a path that is compared.
func describe(r *root, p string) string {
	f := r.files[p]
	if f == nil {
		return "nothing"
	}
	s := head(r, f)
	if f.Type == layer.Hardlink && r.files[f.Link] != nil {
		f = r.files[f.Link]
	}
	switch f.Type {
	case layer.Regular:
		s += fmt.Sprintf(" %d %.12s", f.Size, f.Digest)
	case layer.Symlink:
		s += " " + f.Link
	}
	return s
}

// head is type, mode, owner and capabilities. Which of several names of a file
// is the first one is the archive's choice.
func head(r *root, f *layer.File) string {
	if f.Type == layer.Hardlink && r.files[f.Link] != nil {
		f = r.files[f.Link]
	}
	kind := f.Type
	if kind == layer.Opaque {
		kind = layer.Dir
	}
	s := fmt.Sprintf("%c %o %s:%s", kind, f.Mode, f.User, f.Group)
	if f.Caps != "" {
		s += fmt.Sprintf(" caps=%x", f.Caps)
	}
	return s
}

// compareRuns compares the digests of two runs' effects.
func (w *workspace) compareRuns(s set, t *table) error {
	var runs [2][]string
	for i, dir := range w.stores {
		st, err := store.Open(dir, store.Options{})
		if err == nil {
			runs[i], err = w.trees(st, s, "configure")
			st.Close()
		}
		if err != nil {
			return err
		}
	}
	row := row{set: s.Name, paths: len(runs[0])}
	for i := range runs[0] {
		if runs[0][i] != runs[1][i] {
			row.left = append(row.left, difference{fmt.Sprintf("wave %d", i), runs[0][i], runs[1][i]})
		}
	}
	t.add(row)
	return nil
}

// normalisers take out of a file's bytes what may differ.
var normalisers = map[string]func([]byte, *root) ([]byte, error){
	"accounts": accounts,
	"lines":    func(data []byte, _ *root) ([]byte, error) { return sortLines(data), nil },
	"status":   func(data []byte, _ *root) ([]byte, error) { return sortStanzas(data), nil },
}

func sortLines(data []byte) []byte {
	lines := slices.Collect(strings.Lines(string(data)))
	slices.Sort(lines)
	return []byte(strings.Join(lines, ""))
}

// accounts takes the numbers out of lines as of passwd(5), group(5) and
// shadow(5), puts the primary group's name, and sorts the lines and members.
func accounts(data []byte, r *root) ([]byte, error) {
	groups := map[string]string{}
	text, err := r.text("/etc/group")
	for l := range strings.Lines(string(text)) {
		if f := strings.Split(l, ":"); len(f) > 2 {
			groups[f[2]] = f[0]
		}
	}
	var lines []string
	for l := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSuffix(l, "\n"), ":")
		switch len(f) {
		case 7: // passwd
			f[2], f[3] = "", groups[f[3]]
		case 4: // group, gshadow
			f[2] = ""
			members := strings.Split(f[3], ",")
			slices.Sort(members)
			f[3] = strings.Join(members, ",")
		case 9: // shadow, whose day is that of the change
			f[2] = ""
		}
		lines = append(lines, strings.Join(f, ":")+"\n")
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, "")), err
}

// sortStanzas sorts stanzas and the fields of each: dpkg has an order of its own.
func sortStanzas(data []byte) []byte {
	var stanzas []string
	for stanza := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
		fields := strings.Split(strings.ReplaceAll(stanza, "\n ", "\x00"), "\n")
		slices.Sort(fields)
		stanzas = append(stanzas, strings.Join(fields, "\n"))
	}
	slices.Sort(stanzas)
	return []byte(strings.Join(stanzas, "\n\n"))
}
