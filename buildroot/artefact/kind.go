package artefact

import (
	"strings"

	"github.com/ashlar-build/ashlar/layer"
)

// prefixes are the places below which software keeps the usual directories.
const prefixes = "/{,usr/,usr/local/,opt/*/}"

// usual returns the patterns of the usual files of one kind, written @dev and so
// on in a set: what Debian's -dev, -doc, -dbg and -locales packages are made of.
func usual(kind string) []string {
	switch kind {
	case "dev":
		return []string{
			prefixes + "include/**",
			prefixes + "lib/**/*.a",
			prefixes + "lib/**/lib*.so", // links only, see ofKind
			prefixes + "{lib,share}/**/pkgconfig/*.pc",
			prefixes + "{lib,share}/**/cmake/**",
			prefixes + "share/aclocal/**",
			prefixes + "share/man/man3/**",
		}
	case "doc":
		return []string{
			prefixes + "share/{doc,man,info,gtk-doc}/**",
			"/{usr/,usr/local/,opt/*/}{doc,man,info}/**",
		}
	case "debug":
		return []string{"/usr/lib/debug/**", "/**/*.debug"}
	case "locale":
		return []string{prefixes + "share/{locale,i18n}/**"}
	}
	return nil
}

// ofKind reports whether f, whose path fits, really is of that kind. The name
// of a library without a version is for the linker if it is a link; if it is a
// file, it is one to be loaded.
func ofKind(kind string, f *layer.File) bool {
	if kind == "dev" && strings.HasSuffix(f.Path, ".so") {
		return f.Type == layer.Symlink
	}
	return true
}

// ordinary reports whether the directory is one in which many packages have
// files, so that nobody should declare all that is in it.
func ordinary(dir string) bool {
	for _, prefix := range []string{"/usr/local", "/usr", ""} {
		rest, ok := strings.CutPrefix(dir, prefix)
		if !ok {
			continue
		}
		switch rest {
		case "", "/bin", "/sbin", "/lib", "/lib64", "/libexec", "/games", "/include", "/share", "/src",
			"/share/doc", "/share/man", "/share/info", "/share/locale", "/share/applications":
			return true
		}
		if triplet, ok := strings.CutPrefix(rest, "/lib/"); ok && strings.HasSuffix(triplet, "-linux-gnu") {
			return true
		}
	}
	switch dir {
	case "/", "/etc", "/opt", "/srv", "/var", "/var/lib", "/var/cache", "/var/log", "/var/spool", "/home", "/run", "/tmp":
		return true
	}
	return strings.HasPrefix(dir, "/usr/share/man/") || strings.HasPrefix(dir, "/usr/local/share/man/")
}
