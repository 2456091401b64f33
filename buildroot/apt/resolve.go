package apt

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"
	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/buildroot/apt/solve"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// Resolve answers the requests, as [lock.Resolver] says. It asks archives that
// are due for their Release file, each once, and fetches what they changed. Of
// archives that cannot be used the error holds an *[ArchiveError] or a
// *[fetch.Error] each, and no request is then answered.
func (c *Client) Resolve(ctx context.Context, reqs []lock.Request) ([]lock.Answer, error) {
	sets, err := c.sets(ctx, reqs)
	if err != nil {
		return nil, err
	}
	answers := make([]lock.Answer, len(reqs))
	var mistakes diag.List
	for i, r := range reqs {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		answers[i] = answer(sets[i], r, &mistakes)
	}
	if err := mistakes.Err(); err != nil {
		return nil, err
	}
	return answers, nil
}

// A set is the index of one request's archives, and their dates.
type set struct {
	*index.Index
	archives []lock.Archive
	known    []string // the architectures that the archives have, whatever was read
}

// sets opens the indexes that requests ask about. The first failure of each
// archive is told, and of all archives together.
func (c *Client) sets(ctx context.Context, reqs []lock.Request) ([]set, error) {
	sets := make([]set, len(reqs))
	errs := make([]error, len(reqs))
	var g errgroup.Group
	for i, r := range reqs {
		g.Go(func() error {
			sets[i], errs[i] = c.set(ctx, r.Archives, arches(r))
			return nil
		})
	}
	g.Wait() // errs has the errors
	return sets, joinDistinct(errs)
}

// arches are those of a request: its own, and the foreign ones that its wants name,
// sorted.
func arches(r lock.Request) []string {
	var foreign []string
	for _, w := range r.Want {
		for alt := range strings.SplitSeq(w.Relation, "|") {
			rest, c, err := relation.ParseCondition(alt)
			if err != nil || !c.Holds(r.Arch, nil) {
				continue
			}
			if i := strings.IndexAny(rest, " (=/"); i >= 0 {
				rest = rest[:i]
			}
			_, arch, _ := strings.Cut(rest, ":")
			if arch != "" && arch != "any" && arch != "native" && arch != r.Arch && !slices.Contains(foreign, arch) {
				foreign = append(foreign, arch)
			}
		}
	}
	slices.Sort(foreign)
	return append([]string{r.Arch}, foreign...)
}

// joinDistinct makes one error of several, of lists too, and leaves out those
// that say the same again.
func joinDistinct(errs []error) error {
	all := &multierror.Error{ErrorFormat: lines}
	seen := map[string]bool{}
	for _, err := range errs {
		each := []error{err}
		if list, ok := err.(*multierror.Error); ok {
			each = list.Errors
		}
		for _, err := range each {
			if err != nil && !seen[err.Error()] {
				seen[err.Error()] = true
				all.Errors = append(all.Errors, err)
			}
		}
	}
	return all.ErrorOrNil()
}

// lines is what a list of errors says: one a line.
func lines(errs []error) string { return errors.Join(errs...).Error() }

// set refreshes archives and opens their index. If a Packages file is gone that
// an older Release file names, the archive has moved on: it is asked once more.
func (c *Client) set(ctx context.Context, archives []lock.Archive, arches []string) (set, error) {
	if len(archives) == 0 {
		return set{}, errors.New("resolve: no archive is named: add [archive] to the workspace")
	}
	s, stale, err := c.trySet(ctx, archives, arches, false)
	if err != nil && stale && !c.opts.Offline && ctx.Err() == nil {
		s, _, err = c.trySet(ctx, archives, arches, true)
	}
	return s, err
}

// trySet is one attempt. stale says that the Release files were believed unasked
// and the failure came after.
func (c *Client) trySet(ctx context.Context, archives []lock.Archive, arches []string, force bool) (s set, stale bool, err error) {
	began := time.Now()
	all := make([]*kept, len(archives))
	errs := make([]error, len(archives))
	var g errgroup.Group
	for i, a := range archives {
		g.Go(func() error {
			all[i], errs[i] = c.archive(ctx, a, force)
			return nil
		})
	}
	g.Wait() // errs has the errors
	if err := joinDistinct(errs); err != nil {
		return set{}, false, err
	}
	var files []source
	for i, a := range archives {
		some, err := sources(a, all[i], arches)
		errs[i] = err
		files = append(files, some...)
		stale = stale || all[i].Asked.Before(began)
		for _, arch := range all[i].Release.Architectures {
			if arch != "all" && !slices.Contains(s.known, arch) {
				s.known = append(s.known, arch)
			}
		}
		a.Date = all[i].Release.Date.UTC().Format(time.RFC3339)
		s.archives = append(s.archives, a)
	}
	if err := joinDistinct(errs); err != nil {
		return set{}, false, err
	}
	s.Index, err = c.open(ctx, arches, files)
	return s, stale, err
}

// archive refreshes an archive, once in the life of the Client unless forced.
func (c *Client) archive(ctx context.Context, a lock.Archive, force bool) (*kept, error) {
	key := strings.Join([]string{a.URI, a.Suite, keysDigest(a), fmt.Sprint(force)}, "\n")
	c.mu.Lock()
	o, ok := c.archives[key]
	if !ok {
		o = &once[*kept]{}
		c.archives[key] = o
	}
	c.mu.Unlock()
	return o.do(ctx, func(ctx context.Context) (*kept, error) { return c.refreshed(ctx, a, force) })
}

// answer solves one request. What is wrong goes to mistakes.
func answer(s set, r lock.Request, mistakes *diag.List) lock.Answer {
	found, wrong := solved(s, r, nil)
	if len(wrong) > 0 {
		mistakes.Add(wrong...)
		return lock.Answer{}
	}
	if h := held(s.Index, r.Hold, found.picks, found.all); len(h) > 0 {
		if kept, wrong := solved(s, r, h); len(wrong) == 0 {
			found = kept
		}
	}
	return lock.Answer{
		Base:     packages(s.Index, found.base, nil),
		Packages: packages(s.Index, found.rest, found.all),
		Archives: s.archives,
	}
}

// A solution is the versions that a request brings in.
type solution struct {
	picks           []solve.Pick
	base, rest, all []uint32 // all is base and rest, sorted by name
}

// solved solves one request with some versions held.
func solved(s set, r lock.Request, h holds) (solution, []*diag.Error) {
	base, err := essential(s.Index, r.Base, h)
	if err != nil {
		return solution{}, []*diag.Error{mistake(firstPos(r), "the essential packages cannot be installed: "+err.Error(), "look at the archives: one of them does not fit the others")}
	}
	opts := solve.Options{Recommends: r.Recommends, Plain: base.versions, Prefer: h.versions()}
	picks := slices.Clone(base.picks)
	places := make([]diag.Pos, len(picks))
	for i := range places {
		places[i] = firstPos(r)
	}
	var wrong []*diag.Error
	for _, w := range r.Want {
		p, err := solve.Choose(s.Index, w.Relation, opts)
		switch {
		case errors.Is(err, solve.ErrNotHere):
		case err != nil:
			wrong = append(wrong, unknown(s, w, err))
		default:
			if p.Relation == nil {
				p.Version = h.instead(s.Index, w.Relation, p.Version)
			}
			picks, places = append(picks, p), append(places, w.Pos)
		}
	}
	if len(wrong) > 0 {
		return solution{}, wrong
	}
	all, err := solve.Solve(s.Index, picks, opts)
	if err != nil {
		return solution{}, []*diag.Error{refused(err, places)}
	}
	rest, changed := base.without(s.Index, all)
	if changed != "" {
		return solution{}, []*diag.Error{mistake(firstPos(r), changed, "a root begins with the essential packages as their archives have them: ask for other packages, or for an archive where both fit")}
	}
	return solution{picks, base.versions, rest, all}, nil
}

// firstPos is where a request is written: its first want.
func firstPos(r lock.Request) diag.Pos {
	if len(r.Want) == 0 {
		return diag.Pos{}
	}
	return r.Want[0].Pos
}

func mistake(pos diag.Pos, msg, hint string) *diag.Error {
	return &diag.Error{Pos: pos, Msg: msg, Hint: hint}
}

// refused turns a Refusal into a mistake at the want that cannot be had.
func refused(err error, places []diag.Pos) *diag.Error {
	var r *solve.Refusal
	if !errors.As(err, &r) || r.Pick >= len(places) {
		return mistake(diag.Pos{}, err.Error(), "")
	}
	hint := "ask for a version that fits (name=version, name/suite), or add an archive that has what is missing"
	switch {
	case r.Remedy != "":
		hint = r.Remedy
	case r.Conflict:
		hint = "leave out one of the two, or ask for a version or an archive in which they fit"
	}
	return mistake(places[r.Pick], strings.Join(r.Chain, "; "), hint)
}

// packages describes versions, sorted by name. Those of joint that meet
// Pre-Depends and are in versions become Pre, with what they need.
func packages(ix *index.Index, versions, joint []uint32) []lock.Package {
	var all []lock.Package
	order := newUnpackOrder(ix, versions, joint)
	for _, v := range versions {
		r := ix.Version(v)
		all = append(all, lock.Package{
			Name:          strings.Clone(ix.NameOf(r.Name)),
			Version:       strings.Clone(ix.VersionOf(v)),
			Arch:          strings.Clone(ix.Text(r.Arch)),
			SHA256:        hex.EncodeToString(r.SHA256[:]),
			Size:          int64(r.Size),
			From:          ix.InputOf(v).Archive,
			In:            archivesOf(ix, v),
			Source:        cmp.Or(strings.Clone(ix.Text(r.Source)), strings.Clone(ix.NameOf(r.Name))),
			SourceVersion: cmp.Or(strings.Clone(ix.Text(r.SrcVers)), strings.Clone(ix.VersionOf(v))),
			Path:          strings.Clone(ix.Text(r.Path)),
			Pre:           order.pre(v),
		})
	}
	return all
}

// archivesOf names the archives that have a version, in their order.
func archivesOf(ix *index.Index, v uint32) []string {
	var names []string
	for i, in := range ix.Inputs() {
		if ix.Version(v).Inputs>>i&1 == 1 && !slices.Contains(names, in.Archive) {
			names = append(names, in.Archive)
		}
	}
	return names
}
