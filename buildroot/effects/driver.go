package effects

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
)

// The drivers run in the container, by the root's own /bin/sh. Before each step
// they print a line that begins with markByte, after it they report by
// descriptor 3 and wait for an answer on 4 (job.Streams.Checkpoint). Scripts do
// not get these descriptors: debconf uses 3 itself.

// here is where a driver and what it needs is, inside the root: in the layer of
// the database, which is not kept.
const here = "/" + adminDir + "/ashlar"

const markByte = "\036"

// prologue is the beginning of each driver. The first mark, before any step,
// tells what starting the container has changed.
const prologue = `set -u
exec 2>&1 </dev/null
umask 022
cd /
mark() { printf '%s\n' "$1" >&3; read -r _ <&4; }
run() {
	label=$1; shift
	printf '\036%s\n' "$label"
	"$@" 3>&- 4>&-
	rc=$?
	mark "$label"
	[ "$rc" -eq 0 ] || exit "$rc"
}
mark ` + startLabel + `
`

// epilogue has everything looked at once more while the container is there.
const epilogue = "mark " + doneLabel + "\n"

const (
	startLabel = "start"
	doneLabel  = "done"
)

// preinstDriver runs the preinst scripts as dpkg(1) does before it unpacks a
// new package: from a directory with all control members, which is where
// debconf looks for templates, and with the package's stanza in status only
// afterwards.
func (v *run) preinstDriver(packages []*deb.Package, debconf bool) string {
	var b strings.Builder
	b.WriteString(prologue)
	fmt.Fprintf(&b, `preinst() {
	cp -a %[1]s/ci/"$1" /%[2]s/tmp.ci
	DPKG_MAINTSCRIPT_PACKAGE=$2 DPKG_MAINTSCRIPT_ARCH=$3 DPKG_MAINTSCRIPT_NAME=preinst \
	DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 DPKG_MAINTSCRIPT_DEBUG=0 DPKG_RUNNING_VERSION=%[3]s \
	DPKG_ADMINDIR=/%[2]s DPKG_ROOT= DPKG_FORCE=security-mac,downgrade \
	/%[2]s/tmp.ci/preinst install
	rc=$?
	rm -rf /%[2]s/tmp.ci
	return "$rc"
}
`, here, adminDir, quote(v.dpkgVersion()))
	if debconf {
		b.WriteString(selections)
	}
	pending := false
	for i, p := range packages {
		if p.Has("preinst") {
			if pending {
				appendStanzas(&b, i)
			}
			c := &p.Control
			v.setDate(&b, c.Name)
			fmt.Fprintf(&b, "run %s preinst %s %s %s\n", quote(c.Name+" preinst"), quote(c.Qualified()), quote(c.Name), quote(c.Arch))
			pending = false
		}
		pending = true
	}
	b.WriteString(epilogue)
	return b.String()
}

// appendStanzas adds to status what has been unpacked before package i: the
// file has the stanzas of the packages since the preinst before it.
func appendStanzas(b *strings.Builder, i int) {
	fmt.Fprintf(b, "cat %s/stanzas/%d >>/%s/status\n", here, i, adminDir)
}

// stanzaFiles are the files that appendStanzas names.
func stanzaFiles(packages []*deb.Package) map[string][]byte {
	files := map[string][]byte{}
	var text strings.Builder
	for i, p := range packages {
		if p.Has("preinst") && text.Len() > 0 {
			files["stanzas/"+strconv.Itoa(i)] = []byte(text.String())
			text.Reset()
		}
		text.WriteString(stanza(p, Unpacked) + "\n")
	}
	return files
}

const selections = "run 'debconf selections' debconf-set-selections " + here + "/selections\n"

// configureDriver has dpkg configure the groups one after another, and then
// process the triggers of one package after another. Where a package waits for
// triggers, they are processed at once: others may depend on it.
func (v *run) configureDriver(groups []group, debconf bool) string {
	var b strings.Builder
	b.WriteString(prologue)
	v.datesOfTriggers(&b)
	fmt.Fprintf(&b, `pending() {
	dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' | while read -r status name; do
		[ "$status" = triggers-pending ] || continue
		printf '%%s\n' "$name"
		break
	done
}
triggers() {
	left=%d
	while name=$(pending 3>&- 4>&-); [ -n "$name" ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || { echo "its triggers activate each other without end"; exit 1; }
		dated "${name%%:*}"
		run "${name%%:*} trigger" dpkg --triggers-only "$name"
	done
}
configure() {
	label=$1; shift
	run "$label" dpkg --force-unsafe-io --no-triggers "$@"
	grep -q '^Status: install ok triggers-awaited' /%s/status && triggers
}
`, maxTriggers, adminDir)
	if debconf {
		b.WriteString(selections)
	}
	for _, s := range steps(groups) {
		name, _, _ := strings.Cut(s.label, " ")
		v.setDate(&b, name)
		fmt.Fprintf(&b, "configure %s", quote(s.label))
		if s.loop {
			b.WriteString(" --force-depends")
		}
		b.WriteString(" --configure")
		for _, p := range s.packages {
			b.WriteString(" " + quote(p.Control.Qualified()))
		}
		b.WriteByte('\n')
	}
	b.WriteString("triggers\n" + epilogue)
	return b.String()
}

// maxTriggers bounds how many packages' triggers one wave may process. dpkg
// finds most circles itself (deb-triggers(5)).
const maxTriggers = 1000

// A step is one call of dpkg: packages without a postinst ride with the next
// that has one, for dpkg runs nothing of theirs.
type step struct {
	label    string // "nginx postinst"
	packages []*deb.Package
	loop     bool // they are part of a loop, which somebody has to break
}

// steps cuts groups into steps with one script each. A loop with several
// scripts is broken as dpkg breaks it, at packages that have none (dpkg(1),
// Debian Policy 7.2).
func steps(groups []group) []step {
	var out []step
	var now step
	flush := func(label string) {
		if len(now.packages) > 0 {
			now.label = label
			out = append(out, now)
			now = step{}
		}
	}
	last := ""
	for _, g := range groups {
		scripts := withPostinst(g)
		if len(scripts) <= 1 {
			now.packages = append(now.packages, g...)
			if len(scripts) == 1 {
				flush(scripts[0].Control.Name + " postinst")
			} else {
				last = g[0].Control.Name
			}
			continue
		}
		for _, p := range g {
			if !p.Has("postinst") {
				now.packages = append(now.packages, p)
			}
		}
		for _, p := range scripts {
			now.packages = append(now.packages, p)
			now.loop = true
			flush(p.Control.Name + " postinst")
		}
	}
	flush(last + " postinst")
	return out
}

func withPostinst(g group) []*deb.Package {
	var out []*deb.Package
	for _, p := range g {
		if p.Has("postinst") {
			out = append(out, p)
		}
	}
	return out
}

// quote makes s one word of sh.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// activated are the trigger names that unpacking the wave activates
// (deb-triggers(5)): those that its packages activate, and the paths on which
// configured packages wait for files. A package that is not configured yet
// needs no trigger: its postinst is still to come.
func activated(wave, before []*deb.Package) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, p := range byName(wave) {
		list, err := triggersOf(p)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			if t.activate {
				add(t.name)
			}
		}
	}
	paths, err := shipped(wave)
	if err != nil {
		return nil, err
	}
	for _, p := range byName(before) {
		list, err := triggersOf(p)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			if !t.activate && strings.HasPrefix(t.name, "/") && paths[t.name] {
				add(t.name)
			}
		}
	}
	return names, nil
}

// shipped are the wave's paths in the archives' spelling, and every directory
// above one.
func shipped(wave []*deb.Package) (map[string]bool, error) {
	paths := map[string]bool{}
	for _, p := range wave {
		list, err := p.List()
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			for ; f != "/" && !paths[f]; f = path.Dir(f) {
				paths[f] = true
			}
		}
	}
	return paths, nil
}
