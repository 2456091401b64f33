package language

import (
	"fmt"
	"path"
	"strings"
)

// Dir is where builds find the caches. The path is part of what they see.
const Dir = "/vendor"

// A File is a file in an offline cache, by its digest.
type File struct {
	At     string
	SHA256 string
	Unpack bool // it is an archive whose contents are wanted, in a directory At
}

// A Text is a file that a cache needs besides those of a registry.
type Text struct {
	At      string
	Content string
}

// Unpacks reports whether a cache holds what a file contains, and not the file.
func Unpacks(at string) bool { return strings.HasPrefix(at, "cargo/") }

// Texts are the files that make a cache of files whole. All of them are a
// function of the files' names and digests.
func Texts(files []File) []Text {
	var texts []Text
	crates := false
	for _, f := range files {
		if base, ok := strings.CutSuffix(f.At, ".mod"); ok && strings.HasPrefix(f.At, "go/") {
			// A proxy tells a version's name and time; nobody needs the time.
			texts = append(texts, Text{base + ".info", fmt.Sprintf("{\"Version\":%q}\n", unescape(path.Base(base)))})
		}
		if strings.HasPrefix(f.At, "cargo/") {
			crates = true
			texts = append(texts, Text{f.At + "/.cargo-checksum.json", fmt.Sprintf("{\"files\":{},\"package\":%q}\n", f.SHA256)})
		}
	}
	if crates {
		texts = append(texts, Text{"cargo/config.toml", fmt.Sprintf("[source.crates-io]\nreplace-with = \"ashlar\"\n\n[source.ashlar]\ndirectory = %q\n", Dir+"/cargo/crates")})
	}
	return texts
}

// unescape undoes module.EscapeVersion: !a is A.
func unescape(version string) string {
	var b strings.Builder
	upper := false
	for _, c := range version {
		switch {
		case c == '!':
			upper = true
			continue
		case upper:
			b.WriteString(strings.ToUpper(string(c)))
		default:
			b.WriteRune(c)
		}
		upper = false
	}
	return b.String()
}

// Env returns the environment, NAME=value, in which a package manager takes
// everything from the cache and asks nobody, in a fixed order.
func Env(kind Kind) []string {
	switch kind {
	case NPM:
		return []string{
			"npm_config_cache=" + Dir + "/npm", "npm_config_offline=true", "npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false",
			"npm_config_nodedir=/usr", // node-gyp takes the headers of the libnode-dev that is installed
		}
	case Go:
		return []string{"GOPROXY=file://" + Dir + "/go", "GOSUMDB=off", "GOTOOLCHAIN=local", "GOMODCACHE=" + Dir + "/go-modules"}
	case Pip:
		return []string{"PIP_NO_INDEX=1", "PIP_FIND_LINKS=" + Dir + "/pip", "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_ROOT_USER_ACTION=ignore"}
	case Cargo:
		return []string{"CARGO_HOME=" + Dir + "/cargo", "CARGO_NET_OFFLINE=true"}
	}
	return nil
}
