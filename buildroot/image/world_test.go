package image

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// A world is made-up packages and what their scripts did, as text:
//
//	package nginx 1.26-1
//	Depends: libc6, adduser
//	f /usr/sbin/nginx elf=libc.so.6,libssl.so.3
//	effect nginx postinst
//	d /var/lib/nginx owner=www-data mode=700
//	line /etc/passwd nginx:x:101:102::/nonexistent:/bin/false
//	member ssl-cert nginx
//	report secret /etc/key
//
// Files are "f", "d", "l PATH TARGET", "h PATH FIRST" and "- PATH"; words behind
// them are owner=, mode= (octal), elf=NEEDED…, so=SONAME, interp=, script=PROGRAM, calls=system
// and text= up to the end of the line.
type world struct {
	root Root
	at   *layer.Index
	wave *effects.Effects
	from layer.Origin
}

func newWorld(t *testing.T, text string) Root {
	t.Helper()
	w := &world{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			w.line(t, line)
		}
	}
	for i := range w.root.Packages {
		p := w.root.Packages[i].Package
		c, err := deb.ParseControl([]byte(p.Control.Text))
		if err != nil {
			t.Fatal(err)
		}
		p.Control = c
		slices.SortFunc(p.Index.Files, func(a, b *layer.File) int { return layer.Compare(a.Path, b.Path) })
	}
	for _, w := range w.root.Waves {
		slices.SortFunc(w.Index.Files, func(a, b *layer.File) int { return layer.Compare(a.Path, b.Path) })
	}
	return w.root
}

func (w *world) line(t *testing.T, line string) {
	t.Helper()
	word := strings.Fields(line)
	switch word[0] {
	case "package":
		w.at = &layer.Index{}
		w.from = layer.Origin{Kind: layer.FromPackage, Name: word[1], What: word[2]}
		control := fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: amd64", word[1], word[2])
		w.root.Packages = append(w.root.Packages, Package{Package: &deb.Package{Control: deb.Control{Text: control}, Index: w.at}})
	case "wave":
		w.wave = nil
	case "effect":
		if w.wave == nil {
			w.wave = &effects.Effects{Index: &layer.Index{}}
			w.root.Waves = append(w.root.Waves, Wave{Effects: w.wave})
		}
		w.at = w.wave.Index
		w.from = layer.Origin{Kind: layer.FromEffect, Name: word[1], What: word[2]}
	case "line":
		rest := strings.TrimPrefix(line, "line "+word[1]+" ")
		key, _, _ := strings.Cut(rest, ":")
		w.wave.Lines = append(w.wave.Lines, effects.Line{File: word[1], Key: key, Text: rest, Package: w.from.Name, Script: w.from.What})
	case "member":
		w.wave.Lines = append(w.wave.Lines, effects.Line{
			File: "/etc/group", Key: word[1], Package: w.from.Name, Members: []effects.Member{{User: word[2], Package: w.from.Name}},
		})
	case "report":
		w.wave.Reports = append(w.wave.Reports, effects.Report{
			Kind: effects.ReportKind(word[1]), Path: word[2], Package: w.from.Name, Text: strings.Join(word[3:], " "),
		})
	default:
		if strings.HasSuffix(word[0], ":") {
			p := w.root.Packages[len(w.root.Packages)-1].Package
			p.Control.Text += "\n" + line
			return
		}
		w.at.Files = append(w.at.Files, fileOf(t, line, w.from))
	}
}

func fileOf(t *testing.T, line string, from layer.Origin) *layer.File {
	t.Helper()
	head, text, _ := strings.Cut(line, " text=")
	word := strings.Fields(head)
	f := &layer.File{Path: word[1], Type: layer.Type(word[0][0]), Mode: 0o755}
	word = word[2:]
	switch f.Type {
	case layer.Regular:
		f = layer.Content(f.Path, 0o644, []byte(strings.ReplaceAll(text, `\n`, "\n")), from)
	case layer.Symlink, layer.Hardlink:
		f.Link, word = word[0], word[1:]
	}
	f.User, f.Group, f.Origin, f.MTime = "root", "root", from, 1700000000
	for _, w := range word {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "owner":
			f.User, f.Group, _ = strings.Cut(value+":"+value, ":")
			if u, g, ok := strings.Cut(value, ":"); ok {
				f.User, f.Group = u, g
			}
		case "mode":
			fmt.Sscanf(value, "%o", &f.Mode)
		case "elf":
			f.Facts, f.Mode = &layer.Facts{Machine: "x86_64"}, 0o755
			if value != "" {
				f.Facts.Needed = strings.Split(value, ",")
			}
		case "so":
			f.Facts.Soname = value
		case "calls":
			f.Facts.Calls = []string{value}
		case "interp":
			f.Facts.Interp = value
		case "script":
			f.Facts, f.Mode = &layer.Facts{Interp: value}, 0o755
		case "mtime":
			fmt.Sscanf(value, "%d", &f.MTime)
		case "size":
			fmt.Sscanf(value, "%d", &f.Size)
		default:
			t.Fatalf("%s: word %q", line, w)
		}
	}
	return f
}

// outputOf is a recipe's set of files.
func outputOf(t *testing.T, name, lines string) Output {
	t.Helper()
	tree := layer.New()
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line != "" {
			tree.Put(fileOf(t, line, layer.Origin{Kind: layer.FromRecipe, Name: name, What: "install"}))
		}
	}
	return Output{Recipe: name, Set: "main", Tree: tree}
}

// opener has the bytes in the files themselves; others are empty.
type opener struct{}

func (opener) Open(f *layer.File) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(f.Data)), nil
}

// instance reads a recipe.
func instance(t *testing.T, text string) *recipe.Instance {
	t.Helper()
	r, err := recipe.Parse("recipes/app/recipe.toml", []byte(text))
	if err != nil {
		t.Fatal(printed(err))
	}
	i, err := r.Instance(recipe.Target{Arch: "amd64"})
	if err != nil {
		t.Fatal(printed(err))
	}
	return i
}

func printed(err error) string {
	var b bytes.Buffer
	diag.Print(&b, err, diag.Options{})
	return b.String()
}

// base is what every Debian root has, as far as it matters here.
const base = `
package base-files 13
f /usr/lib/os-release text=ID=debian\n
l /etc/os-release ../usr/lib/os-release
f /etc/debian_version text=13.1\n
package base-passwd 3.6
f /usr/share/base-passwd/passwd.master text=root:*:0:0:root:/root:/bin/bash\ndaemon:*:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nwww-data:*:33:33:www-data:/var/www:/usr/sbin/nologin\n
f /usr/share/base-passwd/group.master text=root:*:0:\ndaemon:*:1:\nadm:*:4:\nwww-data:*:33:\nshadow:*:42:\n
package libc6 2.41
f /usr/lib/x86_64-linux-gnu/libc.so.6 elf
f /usr/lib64/ld-linux-x86-64.so.2 elf
f /usr/share/doc/libc6/copyright
f /usr/share/doc/libc6/changelog.gz
package libc-bin 2.41
Depends: libc6
f /usr/bin/ldconfig elf
f /usr/lib/locale/C.utf8/LC_CTYPE
package dash 0.5
Depends: libc6
f /usr/bin/dash elf=libc.so.6
l /usr/bin/sh dash
package coreutils 9.7
Depends: libc6
f /usr/bin/chmod elf=libc.so.6
`

// A check is one case: a recipe in a world.
type check struct {
	world, build string
	recipe       string
	outputs      []Output
	parts        []Part // of other recipes
	files        map[string]string
	ids          []lock.ID
}

func (c check) input(t *testing.T) Input {
	t.Helper()
	in := Input{
		Recipe: instance(t, c.recipe), Runtime: newWorld(t, base+c.world), IDs: c.ids, Open: opener{},
	}
	own := Part{Recipe: in.Recipe, Asks: in.Recipe.Runtime, Outputs: c.outputs, Files: map[string][]byte{}, Image: true}
	if c.build != "" {
		in.Build = newWorld(t, base+c.build)
	}
	for name, text := range c.files {
		own.Files[name] = []byte(text)
	}
	in.Parts = append(c.parts, own)
	return in
}

// listing is the tree as text, without what every image has and plain
// directories: type, mode, owner, path, link, text.
func listing(r *Result) string {
	var b strings.Builder
	for f := range r.Tree.All() {
		skeleton := f.Origin.Kind == layer.FromSkeleton || f.Path == "/etc/passwd" || f.Path == "/etc/group" || f.Path == "/etc/ld.so.cache"
		plain := f.Type == layer.Dir && f.Mode == 0o755 && f.User == "root"
		if skeleton || plain || layer.Below(f.Path, "/var/lib/dpkg") {
			continue
		}
		fmt.Fprintf(&b, "%c %o %s:%s %s", f.Type, f.Mode, f.User, f.Group, f.Path)
		if f.Link != "" {
			fmt.Fprintf(&b, " -> %s", f.Link)
		}
		if len(f.Data) > 0 && len(f.Data) < 200 && f.Facts == nil {
			fmt.Fprintf(&b, " %q", f.Data)
		}
		fmt.Fprintf(&b, " (%s)\n", f.Origin)
	}
	return b.String()
}

// lines cuts the indentation of a golden text.
func lines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(s)) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}
