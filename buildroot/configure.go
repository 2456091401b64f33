package buildroot

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// configure runs the maintainer scripts of one wave.
func (b *Builder) configure(ctx context.Context, a *plan.Action, do *plan.Configure, inputs map[plan.ID]store.Result) (finisher, error) {
	if do.Blind && slices.Contains(waveTrees(do.Before.Waves, inputs), "") {
		return nothing, nil
	}
	wave, err := b.wave(do, inputs)
	switch {
	case err != nil:
		return nil, err
	case do.Blind:
		return b.runBlind(ctx, a, do, wave)
	case do.Shared != "":
		return b.runShared(ctx, a, do, wave, inputs)
	}
	return b.runWave(ctx, a, do, wave)
}

// runWave runs the scripts, and returns what stores their effects.
func (b *Builder) runWave(ctx context.Context, a *plan.Action, do *plan.Configure, wave effects.Wave) (finish finisher, err error) {
	runner, err := b.run(ctx)
	if err != nil {
		return nil, err
	}
	scratch, err := b.Store.Scratch("configure")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			scratch.Close()
		}
	}()
	log, err := newTee(filepath.Join(scratch.Dir(), logName), func(line string) {
		b.event(Event{Action: a, State: Output, Line: line})
	})
	if err != nil {
		return nil, err
	}
	defer log.Close()
	draft, err := b.Store.NewTree()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = draft.Fail(err)
		}
	}()
	e, err := effects.Run(ctx, runner, wave, draft.Dir(), effects.Options{Scratch: filepath.Join(scratch.Dir(), "root"), Log: log, Blind: do.Blind})
	var script *effects.ScriptError
	if errors.As(err, &script) {
		return nil, whyThere(script, do.Asks, slices.Concat(wave.Before, wave.Packages))
	}
	if err != nil {
		return nil, err
	}
	digest, err := layer.Digest(e.Index)
	if err != nil {
		return nil, err
	}
	notes := notesOf(e)
	return func(ctx context.Context) (store.Result, error) {
		defer scratch.Close()
		if err := draft.Commit(ctx, digest); err != nil {
			return store.Result{}, err
		}
		blob, err := b.putLog(ctx, scratch)
		if err != nil {
			return store.Result{}, err
		}
		return store.Result{Trees: map[string]string{treeName: digest}, Blobs: map[string]string{logName: blob}, Notes: notes}, nil
	}, nil
}

// notesOf are the reports that somebody should read: not the noise.
func notesOf(e *effects.Effects) []string {
	var notes []string
	for _, r := range e.Reports {
		switch r.Kind {
		case effects.Dropped, effects.State:
		default:
			notes = append(notes, r.String())
		}
	}
	return notes
}

func (b *Builder) wave(do *plan.Configure, inputs map[plan.ID]store.Result) (effects.Wave, error) {
	var w effects.Wave
	var err error
	if w.Packages, err = b.pkgs(do.Packages, inputs); err != nil {
		return w, err
	}
	if w.Before, err = b.pkgs(do.Before.Packages, inputs); err != nil {
		return w, err
	}
	w.Packages, w.Before = withoutScripts(w.Packages, do.Skip), withoutScripts(w.Before, do.Skip)
	if w.Earlier, err = b.effects(do.Before.Waves, inputs); err != nil {
		return w, err
	}
	w.Users, w.Groups = accountLines(do.Users, do.Groups)
	for _, v := range do.Debconf {
		w.Debconf = append(w.Debconf, debconfLine(v))
	}
	if w.Early, err = earlyChanges(do.Early); err != nil {
		return w, err
	}
	w.Epoch, err = b.newest(plan.Root{Packages: slices.Concat(do.Before.Packages, do.Packages)}, inputs)
	return w, err
}

// withoutScripts silences the packages of these names.
func withoutScripts(packages []*deb.Package, names []string) []*deb.Package {
	out := slices.Clone(packages)
	for i, p := range out {
		if slices.Contains(names, p.Control.Name) {
			out[i] = p.WithoutScripts()
		}
	}
	return out
}

// effects reads the effects that configure actions made.
func (b *Builder) effects(ids []plan.ID, inputs map[plan.ID]store.Result) ([]*effects.Effects, error) {
	var list []*effects.Effects
	for _, digest := range waveTrees(ids, inputs) {
		e, err := b.readEffects(digest)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func (b *Builder) readEffects(digest string) (*effects.Effects, error) {
	dir, ok := b.Store.Tree(digest)
	if !ok {
		return nil, fmt.Errorf("the store lost the effects of a wave while they were in use")
	}
	e, err := effects.Open(dir)
	if err == nil {
		locate(e.Index, digest)
	}
	return e, err
}

// stack returns the layers of a root, top first.
func (b *Builder) stack(r plan.Root, inputs map[plan.ID]store.Result) ([]string, error) {
	if len(r.Packages) == 0 {
		return nil, nil
	}
	pkgs, err := b.pkgs(r.Packages, inputs)
	if err != nil {
		return nil, err
	}
	waves, err := b.effects(r.Waves, inputs)
	if err != nil {
		return nil, err
	}
	policy, err := b.policy()
	if err != nil {
		return nil, err
	}
	libraries, err := b.libraries(r.Outputs, inputs, pkgs)
	if err != nil {
		return nil, err
	}
	for _, p := range libraries {
		pkgs = append(pkgs, p.Package.Package)
	}
	layers := effects.Layers("", waves, pkgs, policy)
	if len(r.Outputs)+len(r.Recipes) == 0 {
		return layers, nil
	}
	kept, err := b.effectsOf(libraries)
	if err != nil {
		return nil, err
	}
	latest, err := b.newest(r, inputs)
	if err != nil {
		return nil, err
	}
	date := unixTime(latest)
	base := effects.Root(pkgs, slices.Concat(kept, waves))
	configured, err := b.configured(kept, layers, base, date)
	if err != nil {
		return nil, err
	}
	layers = slices.Concat(b.outputTrees(r.Outputs, inputs), configured, layers)
	cache, err := b.linkerCache(layers, r.Outputs, len(libraries) > 0, base, date, inputs)
	if err != nil {
		return nil, err
	}
	layers = append(cache, layers...)
	brought, err := b.brought(r, layers, base, date, inputs)
	return append(brought, layers...), err
}

// policy makes the lowest layer of this build's roots.
func (b *Builder) policy() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.policyDir != "" {
		return b.policyDir, nil
	}
	dir, err := b.ownLayer("policy")
	if err != nil {
		return "", err
	}
	b.policyDir = dir
	return dir, effects.WritePolicy(dir)
}

// ownLayer makes a directory for a layer of this build's own, which stays until it
// is closed. The caller has b.mu.
func (b *Builder) ownLayer(name string) (string, error) {
	scratch, err := b.Store.Scratch(name)
	if err != nil {
		return "", err
	}
	b.own = append(b.own, scratch)
	return scratch.Dir(), nil
}

// newest is the latest modification time among the files of a root's packages:
// a date that follows from the inputs alone.
func (b *Builder) newest(r plan.Root, inputs map[plan.ID]store.Result) (int64, error) {
	pkgs, err := b.pkgs(r.Packages, inputs)
	var latest int64
	for _, p := range pkgs {
		for _, f := range p.Index.Files {
			latest = max(latest, f.MTime)
		}
	}
	return latest, err
}

func unixTime(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// firstID is the first of the numbers that users without one have in a
// buildroot. What leaves a buildroot has owners by name, so the number itself
// does not matter; it is above those of packages' system users, which adduser
// gives from 100.
const firstID = 900

// accountLines are a recipe's users and groups as lines of passwd(5) and
// group(5).
func accountLines(users []recipe.User, groups []recipe.Group) (passwd, group []string) {
	number := func(id recipe.ID, i int) uint32 {
		if id.Given {
			return id.Number
		}
		return uint32(firstID + i)
	}
	members := map[string][]string{}
	for _, u := range users {
		for _, g := range u.Groups {
			members[g] = append(members[g], u.Name)
		}
	}
	own := map[string]bool{}
	for i, g := range groups {
		own[g.Name] = true
		all := append(slices.Clone(g.Members), members[g.Name]...)
		group = append(group, fmt.Sprintf("%s:x:%d:%s", g.Name, number(g.GID, len(users)+i), strings.Join(all, ",")))
	}
	for i, u := range users {
		uid := number(u.UID, i)
		gid := uid
		if u.GID.Given {
			gid = u.GID.Number
		}
		passwd = append(passwd, fmt.Sprintf("%s:x:%d:%d:%s:%s:%s", u.Name, uid, gid, u.Comment, u.Home, u.Shell))
		if !own[u.Name] && !joins(u, groups) {
			group = append(group, fmt.Sprintf("%s:x:%d:%s", u.Name, gid, strings.Join(members[u.Name], ",")))
		}
	}
	return passwd, group
}

// joins reports whether a user's group is one that is there without it: the
// recipe's, or one that Debian numbers everywhere (Policy 9.2.2).
func joins(u recipe.User, groups []recipe.Group) bool {
	return u.GID.Given && u.GID != u.UID &&
		(u.GID.Number < 100 || slices.ContainsFunc(groups, func(g recipe.Group) bool { return g.GID == u.GID }))
}

// debconfLine is an answer as debconf-set-selections(1) takes it: the question's
// name begins with its package's.
func debconfLine(v recipe.Var) string {
	owner, _, _ := strings.Cut(v.Name, "/")
	return fmt.Sprintf("%s %s string %s", owner, v.Name, v.Value)
}
