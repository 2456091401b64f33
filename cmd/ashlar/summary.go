package main

import (
	"fmt"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// manyImages are more than a person reads all about.
const manyImages = 5

// summaries tells a person what the images are made of that were made now: of many, a
// line each, and what they warn of.
func (e *env) summaries(b *built, made map[plan.ID]bool) {
	var goals []plan.Goal
	for _, g := range b.goals {
		if _, ok := b.images[g.Recipe]; ok && made[g.Action] {
			goals = append(goals, g)
		}
	}
	for _, g := range goals {
		s, err := e.summaryOf(b, g)
		if err != nil {
			continue // who asks for the image is told
		}
		if len(goals) < manyImages {
			s.print()
			continue
		}
		s.head()
		s.warn(s.name + ": ")
	}
}

// A summary is what is told of one image.
type summary struct {
	env   *env
	name  string // with its version
	files int
	img   buildroot.Image
	rep   image.Report
}

func (e *env) summaryOf(b *built, g plan.Goal) (summary, error) {
	s := summary{env: e, name: g.Recipe, img: b.images[g.Recipe]}
	rep, err := buildroot.ReadReport(e.opened.store, b.results[g.Recipe])
	if err != nil {
		return s, err
	}
	tree, err := buildroot.ReadImageTree(e.opened.store, b.results[g.Recipe])
	if err != nil {
		return s, err
	}
	s.rep, s.files = rep, tree.Len()
	for _, i := range b.instances {
		if lock.FullName(i) == g.Recipe && i.Version != "" {
			s.name += " " + i.Version
		}
	}
	return s, nil
}

// rowColumn is where a row of a summary begins behind its word.
const rowColumn = 11

// layerName names a layer, at a terminal as far as there is room behind its digest
// and size.
func (s summary) layerName(name string) string {
	if s.env.terminal {
		return clip(name, 44)
	}
	return clip(name, 80)
}

// row tells one thing, at a terminal without breaking words.
func (s summary) row(word, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if s.env.terminal {
		text = fold(text, rowColumn)
	}
	s.say("  %-8s %s", word, text)
}

func (s summary) say(format string, args ...any) { fmt.Fprintf(s.env.err, format+"\n", args...) }

// head is the image in a line.
func (s summary) head() {
	var unpacked int64
	for _, l := range s.img.Layers {
		unpacked += l.Unpacked
	}
	s.say("%s: %s, %s in %s, %s compressed, %s unpacked", s.name, plural(s.files, "file"), plural(len(s.rep.Kept), "package"),
		plural(len(s.img.Layers), "layer"), bytesOf(s.img.Size), bytesOf(unpacked))
}

func (s summary) warn(whose string) {
	for _, w := range s.rep.Warnings {
		s.say("warning: %s%s", whose, strings.TrimSpace(w.Path+" "+w.Text))
	}
}

// print tells everything.
func (s summary) print() {
	s.say("")
	s.head()
	for _, k := range s.rep.Kept {
		s.say("  package  %-28s %-24s %s", k.Package, k.Version, bytesOf(k.Size))
	}
	if len(s.rep.Cut) > 0 {
		var saved int64
		for _, c := range s.rep.Cut {
			saved += c.Saved
		}
		s.row("cut", "%s that only configuring needs, %s", plural(len(s.rep.Cut), "package"), bytesOf(saved))
	}
	for _, ed := range s.rep.Edits {
		s.row("edited", "%s: %s", ed.Path, strings.Join(ed.Done, "; "))
	}
	for _, p := range s.rep.Secrets {
		s.row("secret", "%s was made by a script and is not in the image", p)
	}
	for _, n := range s.rep.Notes {
		s.row("note", "%s", n)
	}
	for _, l := range s.img.Layers {
		s.say("  layer    %.12s %9s  %s", l.Digest, bytesOf(l.Size), s.layerName(l.Name))
	}
	s.warn("")
}
