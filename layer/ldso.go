package layer

import (
	"bufio"
	"bytes"
	"path"
	"slices"
	"strings"
)

// triplet is Debian's multiarch directory of a machine, as Facts name it.
func triplet(machine string) string {
	switch machine {
	case "arm":
		return "arm-linux-gnueabihf"
	case "ppc64le":
		return "powerpc64le-linux-gnu"
	case "x32":
		return "x86_64-linux-gnux32"
	case "loongarch":
		return "loongarch64-linux-gnu"
	}
	return machine + "-linux-gnu"
}

// defaultDirs are where Debian's ld.so looks at last, ld.so(8).
func defaultDirs(machine string) []string {
	m := triplet(machine)
	return []string{"/lib/" + m, "/usr/lib/" + m, "/lib", "/usr/lib"}
}

const (
	ldConf     = "/etc/ld.so.conf"
	maxConf    = 1 << 20
	maxInclude = 16 // of files that include one another
)

// LibraryDirs are the directories that /etc/ld.so.conf and what it includes
// name, in order, each once: ldconfig(8). A file that cannot be read counts as
// empty, as it does for ldconfig.
func LibraryDirs(t *Tree, open Opener) []string {
	var dirs []string
	readConf(t, open, ldConf, 0, &dirs)
	return dirs
}

func readConf(t *Tree, open Opener, name string, depth int, dirs *[]string) {
	text, err := t.ReadFile(name, open, maxConf)
	if err != nil || depth > maxInclude {
		return
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t:,", r) })
		if len(words) > 1 && words[0] == "include" {
			for _, pattern := range words[1:] {
				for _, file := range globConf(t, path.Join("/", pattern), pattern, name) {
					readConf(t, open, file, depth+1, dirs)
				}
			}
			continue
		}
		for _, w := range words {
			if strings.HasPrefix(w, "/") && !slices.Contains(*dirs, path.Clean(w)) {
				*dirs = append(*dirs, path.Clean(w))
			}
		}
	}
}

// globConf finds the files of a pattern in the last part of a path, sorted. A
// relative pattern is beside the file that has it.
func globConf(t *Tree, abs, pattern, by string) []string {
	if !strings.HasPrefix(pattern, "/") {
		abs = path.Join(path.Dir(by), pattern)
	}
	if !strings.ContainsAny(abs, "*?[") {
		return []string{abs}
	}
	dir, _, err := t.Resolve(path.Dir(abs))
	if err != nil {
		return nil
	}
	var found []string
	for f := range t.Under(dir) {
		rest := strings.TrimPrefix(strings.TrimPrefix(f.Path, dir), "/")
		if ok, err := path.Match(path.Base(abs), rest); err == nil && ok && rest[0] != '.' {
			found = append(found, f.Path)
		}
	}
	slices.Sort(found)
	return found
}

// expand replaces ld.so's tokens in a directory of RUNPATH, ld.so(8).
func expand(dir, origin, machine string) string {
	if !strings.Contains(dir, "$") {
		return dir
	}
	return strings.NewReplacer(
		"$ORIGIN", origin, "${ORIGIN}", origin,
		"$LIB", "lib/"+triplet(machine), "${LIB}", "lib/"+triplet(machine),
		"$PLATFORM", machine, "${PLATFORM}", machine,
	).Replace(dir)
}
