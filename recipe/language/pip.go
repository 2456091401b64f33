package language

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// requirements reads a requirements file with hashes, as pip-compile and uv write
// it (pip.pypa.io, "Requirements File Format"). The cache is a directory for
// --find-links.
func (r *reading) requirements() {
	index := or(r.Registries.Pip, publicPip)
	n, first := 0, 0
	joined := ""
	for line := range strings.Lines(string(r.Data)) {
		n++
		text := strings.TrimRight(line, "\r\n")
		if joined == "" {
			first = n
		}
		if strings.HasSuffix(text, `\`) {
			joined += strings.TrimSuffix(text, `\`) + " "
			continue
		}
		index = r.requirement(first, joined+text, index)
		joined = ""
	}
	if joined != "" {
		r.requirement(first, joined, index)
	}
}

var (
	comment     = regexp.MustCompile(`(^|\s)#.*$`)
	requirement = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*===?\s*([^\s;]+)`)
	hashOption  = regexp.MustCompile(`--hash[= ]([a-z0-9]+):([0-9a-fA-F]+)`)
	separators  = regexp.MustCompile(`[-_.]+`)
)

// requirement reads one logical line and returns the index for those behind it.
func (r *reading) requirement(n int, line, index string) string {
	line = strings.TrimSpace(comment.ReplaceAllString(line, ""))
	option, value, _ := strings.Cut(strings.Replace(line, "=", " ", 1), " ")
	switch {
	case line == "":
		return index
	case option == "-i", option == "--index-url":
		return or(strings.TrimSpace(value), publicPip)
	case strings.HasPrefix(line, "--no-binary"), strings.HasPrefix(line, "--only-binary"), strings.HasPrefix(line, "--prefer-binary"):
		return index
	case strings.HasPrefix(line, "-"):
		r.bad(n, "write all requirements into one file, as pip-compile does", "%s is not read here", option)
		return index
	}
	m := requirement.FindStringSubmatch(line)
	if m == nil {
		r.bad(n, "pin it with pip-compile --generate-hashes, or uv pip compile --generate-hashes", "this requirement is not pinned: NAME==VERSION")
		return index
	}
	var sums []string
	for _, h := range hashOption.FindAllStringSubmatch(line, -1) {
		if h[1] == "sha256" {
			sums = append(sums, strings.ToLower(h[2]))
		}
	}
	if len(sums) == 0 {
		r.bad(n, "pin it with pip-compile --generate-hashes, or uv pip compile --generate-hashes", "%s has no --hash=sha256:…, so its bytes are anybody's", m[1])
		return index
	}
	slices.Sort(sums)
	// PEP 503: names are compared in lower case, with one separator.
	name := strings.ToLower(separators.ReplaceAllString(m[1], "-"))
	r.add(Item{Name: name + " " + m[3], Page: index + "/" + name + "/", Choices: sums, arch: r.Arch})
	return index
}

// Files returns those of the item's choices that a page of a simple index lists
// at from and that can be installed on the item's architecture.
func (i Item) Files(page []byte, from string) ([]Item, error) {
	base, err := url.Parse(from)
	if err != nil {
		return nil, err
	}
	var found []Item
	tokens := html.NewTokenizer(strings.NewReader(string(page)))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		tag, _ := tokens.TagName()
		if kind != html.StartTagToken || string(tag) != "a" {
			continue
		}
		ref := href(tokens)
		u, err := base.Parse(ref)
		if err != nil {
			continue
		}
		sum, ok := strings.CutPrefix(u.Fragment, "sha256=")
		file := path.Base(u.Path)
		if !ok || !slices.Contains(i.Choices, strings.ToLower(sum)) || !installable(file, i.arch) || file == "/" || file == "." {
			continue
		}
		u.Fragment = ""
		found = append(found, Item{Name: file, URL: u.String(), At: "pip/" + file, SHA256: strings.ToLower(sum)})
	}
	slices.SortFunc(found, func(a, b Item) int { return strings.Compare(a.At, b.At) })
	return found, nil
}

// href is the address of the link that the tokenizer stands at.
func href(t *html.Tokenizer) string {
	for {
		key, value, more := t.TagAttr()
		if string(key) == "href" {
			return string(value)
		}
		if !more {
			return ""
		}
	}
}

// installable reports whether a file is a source archive, or a wheel (PEP 427)
// whose last tags are for any platform or for Linux with glibc on arch.
func installable(file, arch string) bool {
	name, ok := strings.CutSuffix(file, ".whl")
	if !ok {
		return strings.HasSuffix(file, ".tar.gz") || strings.HasSuffix(file, ".zip")
	}
	_, platforms, _ := cutLast(name, "-")
	machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64", "armhf": "armv7l", "i386": "i686", "ppc64el": "ppc64le"}[arch]
	if machine == "" {
		machine = arch
	}
	for p := range strings.SplitSeq(platforms, ".") {
		if p == "any" || (strings.HasPrefix(p, "manylinux") || strings.HasPrefix(p, "linux_")) && strings.HasSuffix(p, "_"+machine) {
			return true
		}
	}
	return false
}
