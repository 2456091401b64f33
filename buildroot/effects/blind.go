package effects

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/layer"
)

// metaAsked is a key of Meta in the index of effects of a blind Run: the names and
// numbers of accounts that its scripts looked up, one a line.
const metaAsked = "asked"

// A SightError is why a blind Run has no effects: a script that saw all accounts.
type SightError struct {
	Path  string // the file that has them
	After string // the last script that did not: "tar postinst", or "start"
}

func (e *SightError) Error() string {
	return fmt.Sprintf("a script after %q looks at %s", e.After, e.Path)
}

// accounts are what the container of a blind run answers with.
func (v *run) accounts() *job.Accounts {
	if !v.opts.Blind {
		return nil
	}
	passwd, _ := readTop(v.Earlier, "/etc/passwd")
	group, _ := readTop(v.Earlier, "/etc/group")
	return &job.Accounts{Passwd: passwd, Group: group}
}

// switchFile says where the C library finds accounts, nsswitch.conf(5).
const switchFile = "/etc/nsswitch.conf"

var switches = regexp.MustCompile(`(?m)^[ \t]*(?:passwd|group|initgroups|shadow|gshadow):([^#\n]*)`)

// elsewhere reports whether a switchFile names accounts that are not in files: of
// these the container does not know.
func elsewhere(text []byte) bool {
	for _, m := range switches.FindAllSubmatch(text, -1) {
		if from := strings.TrimSpace(string(m[1])); from != "" && from != "files" {
			return true
		}
	}
	return false
}

// canBlind reports why a run cannot be blind.
func (v *run) canBlind() error {
	text, made := readTop(v.Earlier, switchFile)
	if v.opts.Blind && (elsewhere(text) || !made && v.below.get(switchFile) != nil) {
		return &SightError{Path: switchFile, After: startLabel}
	}
	return nil
}

// wasBlind reports what a blind run must not have changed.
func (v *run) wasBlind() error {
	for _, file := range append(slices.Clone(accountFiles), switchFile) {
		if _, changed := v.track.now[file]; v.opts.Blind && changed {
			return &SightError{Path: file, After: v.track.last}
		}
	}
	return nil
}

// accountFiles are those of lineFiles to which Wave.Users and Groups are added.
var accountFiles = lineFiles[:4]

// looks is what scripts say that look at all accounts.
var looks = regexp.MustCompile(`\b(add(user|group)|(user|group)(add|mod)|gpasswd|systemd-sysusers|shadowconfig)\b|/etc/g?(passwd|shadow|group)\b`)

// MayLook guesses from the text of the wave's scripts whether a blind Run would end
// with a SightError: then it need not begin.
func (w Wave) MayLook() bool {
	return slices.ContainsFunc(w.Packages, func(p *deb.Package) bool {
		for _, script := range []string{"preinst", "postinst"} {
			if text, err := readIn(p.ControlDir(), script); p.Has(script) && err == nil && looks.Match(text) {
				return true
			}
		}
		return false
	})
}

// Hold reports whether the wave, Users and Groups and all, has the effects e of a
// blind Run of the same packages without those: nothing asked for one of them, and
// no file is one's own.
func (e *Effects) Hold(w Wave) bool {
	own := map[string]bool{}
	for _, line := range slices.Concat(w.Users, w.Groups) {
		f := strings.Split(line, ":")
		own[f[0]], own[f[2]] = true, true // the name, and the number
	}
	for key := range strings.SplitSeq(e.Index.Meta[metaAsked], "\n") {
		if own[key] {
			return false
		}
	}
	owned := func(f *layer.File) bool { return own[f.User] || own[f.Group] }
	return !slices.ContainsFunc(e.Index.Files, owned) &&
		!slices.ContainsFunc(slices.Concat(w.Before, w.Packages), func(p *deb.Package) bool { return slices.ContainsFunc(p.Index.Files, owned) })
}
