package image

import (
	"path"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
)

// fromSkeleton is the origin of what every image has.
func fromSkeleton() layer.Origin { return layer.Origin{Kind: layer.FromSkeleton} }

// mountPoints are the directories that container engines mount something on,
// and cannot make on a read-only root.
func mountPoints() []*layer.File {
	dir := func(p string, mode uint32) *layer.File {
		return &layer.File{Path: p, Type: layer.Dir, Mode: mode, User: "root", Group: "root", Origin: fromSkeleton()}
	}
	return []*layer.File{
		dir("/", 0o755), dir("/dev", 0o755), dir("/etc", 0o755), dir("/proc", 0o555), dir("/run", 0o755), dir("/run/lock", 0o1777),
		dir("/sys", 0o555), dir("/tmp", 0o1777), dir("/usr", 0o755), dir("/var", 0o755),
	}
}

// hosts is /etc/hosts as Debian installs it. Engines write their own over it;
// where none does, "localhost" must still mean something.
const hosts = `127.0.0.1	localhost
::1		localhost ip6-localhost ip6-loopback
ff02::1		ip6-allnodes
ff02::2		ip6-allrouters
`

// nsswitch is nsswitch.conf(5) for what an image has: files and the resolver.
const nsswitch = `passwd:         files
group:          files
shadow:         files

hosts:          files dns
networks:       files

protocols:      files
services:       files
ethers:         files
rpc:            files
`

// osRelease is os-release(5) where the root has no base-files.
func osRelease(suite string) string {
	return "PRETTY_NAME=\"Debian GNU/Linux (" + suite + ")\"\nNAME=\"Debian GNU/Linux\"\nVERSION_CODENAME=" + suite +
		"\nID=debian\nHOME_URL=\"https://www.debian.org/\"\n"
}

// addAliases adds Debian's links of directories into /usr (Policy 9.1.1), as far
// as the image has these. Package trees, and what this package lays, have all
// files where the links lead.
func addAliases(t *layer.Tree) {
	for _, name := range []string{"bin", "lib", "lib32", "lib64", "libx32", "sbin"} {
		if t.Get("/"+name) == nil && t.Get("/usr/"+name) != nil {
			f := symlink("/"+name, "usr/"+name)
			f.Origin = fromSkeleton()
			t.Put(f)
		}
	}
}

// skeleton is what lies below everything else. Some of its files are
// base-files', because scanners read from them which Debian this is.
func (a *assembly) skeleton() *layer.Tree {
	t := layer.New(mountPoints()...)
	mtime := int64(0)
	if base := a.runtime.get("base-files"); base != nil {
		for _, f := range base.located() {
			if skeletal(f.Path) {
				t.Put(f)
				mtime = max(mtime, f.MTime)
			}
		}
	}
	text := func(p, content string) {
		f := layer.Content(p, 0o644, []byte(content), fromSkeleton())
		t.Put(f)
	}
	if !t.Exists("/etc/os-release") {
		text("/usr/lib/os-release", osRelease(a.in.Recipe.Suite))
		t.Put(symlink("/etc/os-release", "../usr/lib/os-release"))
	}
	text("/etc/hosts", hosts)
	text("/etc/nsswitch.conf", nsswitch)
	text("/etc/resolv.conf", "")
	t.Put(symlink("/var/run", "/run"))       // many programs still name it (FHS 3.0, 5.13)
	t.Put(symlink("/var/lock", "/run/lock")) // and this (FHS 3.0, 5.9): both are base-files' own links
	for _, f := range t.Files() {
		if f.Origin.Kind != layer.FromPackage {
			f.Origin, f.MTime = fromSkeleton(), mtime // all of them are this function's own
		}
	}
	return t
}

// utf8 is glibc's locale for UTF-8 without a language.
const utf8 = "/usr/lib/locale/C.utf8"

// skeletal reports whether the path is one that this file brings in although it
// is a package's, or that glibc opens without naming it anywhere.
func skeletal(p string) bool {
	switch p {
	case "/etc/os-release", "/usr/lib/os-release", "/etc/debian_version", "/etc/ld.so.conf":
		return true
	}
	return layer.Below(p, utf8) || layer.Below(p, "/etc/ld.so.conf.d") ||
		strings.HasPrefix(p, "/usr/lib/") && path.Base(p) == "libgcc_s.so.1" // when a thread is cancelled
}

// addFromLibcBin puts into an image that has libc6 what it wants of libc-bin, on
// which nothing depends: C.utf8, because glibc by itself knows C alone, and where
// to look for libraries besides ld.so's own directories, such as /usr/local/lib.
func (a *assembly) addFromLibcBin(t *layer.Tree) {
	bin := a.runtime.get("libc-bin")
	if bin == nil || a.kept.has(bin) || !a.kept.named("libc6") {
		return
	}
	for _, f := range bin.located() {
		if (skeletal(f.Path) || f.Path == utf8) && t.Get(f.Path) == nil {
			lay(t, f)
		}
	}
}
