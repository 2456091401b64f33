package language

import (
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
)

// cratesIO are how Cargo.lock calls the public registry.
const cratesIO = "registry+https://github.com/rust-lang/crates.io-index"

// cargo reads Cargo.lock (doc.rust-lang.org/cargo, "Cargo.toml vs Cargo.lock").
// The cache is a directory source ("Source Replacement"): each crate unpacked.
func (r *reading) cargo() {
	var l struct {
		Package []struct{ Name, Version, Source, Checksum string }
	}
	if _, err := toml.Decode(string(r.Data), &l); err != nil {
		line := 1
		if e, ok := err.(toml.ParseError); ok {
			line = e.Position.Line
		}
		r.bad(line, "", "%v", err)
		return
	}
	for _, p := range l.Package {
		place := "name = \"" + p.Name + "\""
		name := p.Name + " " + p.Version
		switch {
		case p.Source == "":
			continue // a part of the workspace itself
		case strings.HasPrefix(p.Source, "git+"):
			r.badAt(place, "depend on a published version", "%s comes from git, without a digest of its bytes", name)
		case p.Source != cratesIO:
			r.badAt(place, "depend on a crate of crates.io", "%s comes from another registry, %s", name, p.Source)
		case !isSHA256.MatchString(p.Checksum):
			r.badAt(place, "run `cargo generate-lockfile`", "%s has no checksum, so its bytes are anybody's", name)
		case !isCrate.MatchString(p.Name) || !isVersion.MatchString(p.Version):
			r.badAt(place, "", "%s cannot be a crate", name)
		default:
			base := p.Name + "-" + p.Version
			r.add(Item{Name: name, URL: or(r.Registries.Cargo, publicCargo) + "/" + p.Name + "/" + base + ".crate", At: "cargo/crates/" + base, SHA256: p.Checksum})
		}
	}
}

var (
	isSHA256  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	isCrate   = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	isVersion = regexp.MustCompile(`^[0-9A-Za-z.+-]+$`)
)
