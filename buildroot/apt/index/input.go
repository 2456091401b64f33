package index

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

// The pins of apt_preferences(5): archives, those that say NotAutomatic and
// ButAutomaticUpgrades, and those that say only NotAutomatic.
const (
	PinArchive = 500
	PinUpgrade = 100
	PinManual  = 1
)

// An Input is one Packages file and what its archive says of it.
type Input struct {
	Archive  string   // its name in the workspace
	Suite    string   // Suite of the Release file: "stable-security"
	Codename string   // likewise: "trixie-security"
	Arch     string   // the architecture that it is for; the native one if empty
	Pin      int      // one of the Pin constants
	Include  []string // globs of the packages that come from this archive only; all if none
	Digest   string   // SHA-256 of the Packages file

	// Data is the Packages file. It is not kept in the index.
	Data []byte `json:"-"`
}

// Key names the index of inputs for architectures: a digest of all that the index
// depends on.
func Key(arches []string, inputs []Input) string {
	h := sha256.New()
	put := func(field string) { fmt.Fprintf(h, "%d:%s", len(field), field) }
	put(magic)
	put(strings.Join(arches, " "))
	for _, in := range inputs {
		put(in.Archive)
		put(in.Suite)
		put(in.Codename)
		put(in.Arch)
		put(fmt.Sprint(in.Pin))
		put(strings.Join(in.Include, "\n"))
		put(in.Digest)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// wants reports whether packages of a name are read from inputs[i]: what one
// archive includes comes from there and from nowhere else.
func wants(inputs []Input, i int, name string) bool {
	self := inputs[i]
	if len(self.Include) > 0 {
		return matches(self.Include, name)
	}
	for _, in := range inputs {
		if in.Archive != self.Archive && matches(in.Include, name) {
			return false
		}
	}
	return true
}

// matches reports whether one of the globs matches; a bad one matches nothing.
func matches(globs []string, name string) bool {
	for _, g := range globs {
		if ok, err := path.Match(g, name); err == nil && ok {
			return true
		}
	}
	return false
}
