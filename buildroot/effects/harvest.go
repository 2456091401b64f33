package effects

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/layer"
)

// A harvest makes effects of what is in the upper layer.
type harvest struct {
	*run
	kept    map[string]job.Change
	counts  map[string]*Report // dropped, by glob
	secrets map[string]bool
	digests map[string]bool // of all shipped files; filled when first asked
}

// harvest applies the noise table in the upper layer, moves it to where it
// stays, and notes what is in it.
func (v *run) harvest(ctx context.Context) (*Effects, error) {
	h := &harvest{run: v, kept: map[string]job.Change{}, counts: map[string]*Report{}, secrets: map[string]bool{}}
	if err := h.noise(); err != nil {
		return nil, fmt.Errorf("harvest: %w", err)
	}
	e := &Effects{Dir: v.dir, Index: &layer.Index{Meta: map[string]string{}}}
	for p, before := range v.early {
		e.Index.Meta[metaEarly+p] = before
	}
	if v.opts.Blind {
		e.Index.Meta[metaAsked] = strings.Join(slices.Sorted(maps.Keys(v.asked)), "\n")
	}
	if err := os.Rename(v.upperDir(), e.Root()); err != nil {
		return nil, fmt.Errorf("harvest: %w", err)
	}
	if err := h.index(ctx, e); err != nil {
		return nil, fmt.Errorf("harvest: %w", err)
	}
	if err := v.installed(e); err != nil {
		return nil, fmt.Errorf("harvest: %w", err)
	}
	e.Lines = v.track.book.lines()
	for i := range e.Lines {
		if n, ok := NoiseOf(e.Lines[i].File); ok {
			text, err := rewrite(n.Rule, []byte(e.Lines[i].Text+"\n"), v.date(e.Lines[i].Package))
			if err != nil {
				return nil, err
			}
			e.Lines[i].Text = strings.TrimSuffix(string(text), "\n")
		}
	}
	e.Reports = h.allReports()
	if err := e.write(); err != nil {
		return nil, fmt.Errorf("harvest: %w", err)
	}
	return e, nil
}

// noise goes through the changes from the lowest paths up, so that directories
// are empty when their turn comes.
func (h *harvest) noise() error {
	changes := sortedChanges(h.track.now)
	slices.Reverse(changes)
	for _, c := range changes {
		if c.Path == "/" {
			continue
		}
		keep, err := h.one(&c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Path, err)
		}
		if keep {
			h.kept[c.Path] = c
		}
	}
	return h.dangling()
}

// one applies the rule for one path, and reports whether the path stays.
func (h *harvest) one(c *job.Change) (keep bool, err error) {
	n, _ := NoiseOf(c.Path)
	drop := n.Rule == RuleDrop || n.Rule == RuleSecret || n.Rule == RuleState
	by := h.track.who[c.Path]
	_, restored := h.restored[c.Path]
	switch {
	case by.pkg == "" && !restored && !SharedByLine(c.Path) && c.Kind != job.Dir:
		drop = true // starting the container made it
		n = Noise{Rule: RuleDrop, Glob: c.Path, Why: "made by the container"}
	case c.Kind == job.Socket || c.Kind == job.Char || c.Kind == job.Block:
		drop = true
		h.reports = append(h.reports, Report{Kind: Unhandled, Path: c.Path, Package: by.pkg, Script: by.script, Text: "a socket or device is left out"})
		n.Rule = ""
	}
	if drop {
		return h.drop(c, n, by)
	}
	return true, h.content(c, n, by)
}

// drop removes a path. A directory that still has something in it stays.
func (h *harvest) drop(c *job.Change, n Noise, by doer) (keep bool, err error) {
	err = h.upper.Remove(c.Path[1:])
	if c.Kind == job.Dir && (errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, unix.EEXIST)) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	switch n.Rule {
	case RuleSecret:
		h.secrets[c.Path] = true
		h.reports = append(h.reports, Report{Kind: Secret, Path: c.Path, Package: by.pkg, Script: by.script, Text: n.Why})
	case RuleState:
		h.count(State, n, by)
	case RuleDrop:
		h.count(Dropped, n, by)
	}
	return false, nil
}

// count counts what a rule took.
func (h *harvest) count(kind ReportKind, n Noise, by doer) {
	if r := h.counts[n.Glob]; r != nil {
		r.Count++
		if r.Package != by.pkg {
			r.Package, r.Script = "", ""
		}
		return
	}
	h.counts[n.Glob] = &Report{Kind: kind, Path: n.Glob, Count: 1, Package: by.pkg, Script: by.script, Text: n.Why}
}

// content rewrites what a rule says is to be other bytes.
func (h *harvest) content(c *job.Change, n Noise, by doer) error {
	if c.Kind == job.Dir || c.Kind == job.Whiteout {
		return nil
	}
	switch n.Rule {
	case RuleDropContent, RuleEmptyFile:
		if c.Kind == job.Regular && c.Size > 0 {
			h.count(Dropped, n, by)
			return h.replace(c, nil)
		}
	case RuleLink:
		if err := h.upper.Remove(c.Path[1:]); err != nil {
			return err
		}
		c.Kind, c.Link, c.Mode, c.Size = job.Symlink, n.To, 0o777, 0
		return h.upper.Symlink(n.To, c.Path[1:])
	case RuleDate, RuleJKS, RuleSort, RuleKeys:
		if c.Kind != job.Regular {
			return nil
		}
		return h.rewrite(c, n.Rule, h.date(by.pkg))
	case RuleUnstable:
		h.reports = append(h.reports, Report{Kind: Unstable, Path: c.Path, Package: by.pkg, Script: by.script, Text: n.Why})
	}
	return nil
}

func (h *harvest) rewrite(c *job.Change, rule Rule, date int64) error {
	data, err := h.read(c)
	if err != nil {
		return err
	}
	out, err := rewrite(rule, data, date)
	if err != nil {
		return err
	}
	if bytes.Equal(out, data) {
		return nil
	}
	return h.replace(c, out)
}

// read reads a file whatever its mode is.
func (h *harvest) read(c *job.Change) ([]byte, error) {
	f, err := openAny(h.upper, c)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// openAny opens a file of ours that its mode may lock.
func openAny(root *os.Root, c *job.Change) (*os.File, error) {
	f, err := root.OpenFile(c.Path[1:], os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if !errors.Is(err, os.ErrPermission) {
		return f, err
	}
	if err := root.Chmod(c.Path[1:], 0o600); err != nil {
		return nil, err
	}
	f, err = root.OpenFile(c.Path[1:], os.O_RDONLY|unix.O_NOFOLLOW, 0)
	return f, errors.Join(err, root.Chmod(c.Path[1:], fileMode(c.Mode)))
}

// replace writes other bytes to a file, which stays the same file.
func (h *harvest) replace(c *job.Change, data []byte) error {
	name := c.Path[1:]
	if err := h.upper.Chmod(name, 0o600); err != nil {
		return err
	}
	if err := h.upper.WriteFile(name, data, 0o600); err != nil {
		return err
	}
	c.Size = int64(len(data))
	return h.upper.Chmod(name, fileMode(c.Mode))
}

// dangling drops links to what was a secret, such as a certificate's hash.
func (h *harvest) dangling() error {
	if len(h.secrets) == 0 {
		return nil
	}
	for p, c := range h.kept {
		if c.Kind != job.Symlink {
			continue
		}
		target := c.Link
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(p), target)
		}
		if !h.secrets[filepath.Clean(target)] {
			continue
		}
		if err := h.upper.Remove(p[1:]); err != nil {
			return err
		}
		delete(h.kept, p)
	}
	return nil
}

// index notes the files that stay, and gives them times that do not differ.
func (h *harvest) index(ctx context.Context, e *Effects) error {
	root, err := os.OpenRoot(e.Root())
	if err != nil {
		return err
	}
	defer root.Close()
	changes := sortedChanges(h.kept)
	dates := make([]int64, len(changes))
	first := map[linkKey]string{}
	for i := range changes {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		c := &changes[i]
		f, err := h.file(root, c, first)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Path, err)
		}
		if f != nil {
			e.Index.Files = append(e.Index.Files, f)
		}
		dates[i] = h.dated(c, f)
	}
	for i := range slices.Backward(changes) { // a directory's time after those in it
		if err := stamp(root, &changes[i], dates[i]); err != nil {
			return fmt.Errorf("%s: %w", changes[i].Path, err)
		}
	}
	return nil
}

// dated is the time that a path is to have: f is its entry in the index. A directory
// that has none, because it is as it was, has the time that it had.
func (h *harvest) dated(c *job.Change, f *layer.File) int64 {
	if f != nil {
		return f.MTime
	}
	if old := h.lower(c.Path); old != nil {
		return old.MTime
	}
	return h.Epoch
}

// file makes the index's entry, or none for a directory that is as it was.
func (h *harvest) file(root *os.Root, c *job.Change, first map[linkKey]string) (*layer.File, error) {
	by := h.track.who[c.Path]
	f := &layer.File{
		Path: c.Path, At: c.Path, Mode: c.Mode, MTime: min(c.MTime.Unix(), h.latest(c.Path, by)), Caps: string(c.Caps),
		User: h.names.user.name(c.UID), Group: h.names.group.name(c.GID),
		Origin: layer.Origin{Kind: layer.FromEffect, Name: by.pkg, What: by.script},
	}
	r := h.restored[c.Path]
	if r != nil && by.pkg == "" {
		f.Origin, f.User, f.Group, f.MTime = r.Origin, r.User, r.Group, r.MTime
	} else if by.pkg == "" {
		f.Origin.Kind = layer.FromUser
	}
	switch c.Kind {
	case job.Dir:
		f.Type = layer.Dir
		if c.Opaque {
			f.Type = layer.Opaque
		}
		if by.pkg == "" && r == nil && !c.Opaque || h.same(f) {
			return nil, nil
		}
	case job.Symlink:
		f.Type, f.Link, f.Mode = layer.Symlink, c.Link, 0o777
	case job.Fifo:
		f.Type = layer.Fifo
	case job.Whiteout:
		f.Type, f.Mode, f.User, f.Group, f.MTime = layer.Whiteout, 0, "root", "root", 0
	default:
		return f, h.regular(root, c, f, first)
	}
	return f, nil
}

// A linkKey finds the first name of a file. Names that two packages gave are
// two files: an image may have only one of the packages.
type linkKey struct {
	ino uint64
	pkg string
}

// same reports whether a directory is as the layers below have it.
func (h *harvest) same(f *layer.File) bool {
	old := h.lower(f.Path)
	return old != nil && old.Type == layer.Dir && f.Type == layer.Dir &&
		old.Mode == f.Mode && old.User == f.User && old.Group == f.Group
}

func (h *harvest) regular(root *os.Root, c *job.Change, f *layer.File, first map[linkKey]string) error {
	f.Type = layer.Regular
	if c.Nlink > 1 {
		key := linkKey{c.Ino, f.Origin.Name}
		if p, ok := first[key]; ok {
			f.Type, f.Link, f.Caps = layer.Hardlink, p, ""
			return nil
		}
		first[key] = c.Path
	}
	in, err := openAny(root, c)
	if err != nil {
		return err
	}
	defer in.Close()
	sum := sha256.New()
	if f.Size, err = io.Copy(sum, in); err != nil {
		return err
	}
	f.Digest = hex.EncodeToString(sum.Sum(nil))
	f.Facts = layer.FactsOf(in, f.Size)
	return h.suspect(in, f)
}
