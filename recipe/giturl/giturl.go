// Package giturl reads the addresses of git repositories, and the names of what
// is in them.
//
// An address is a URL of the schemes https, http, ssh and file, or the short form
// of ssh, user@host:path, as git-clone(1) has them. What git would take for an
// option or run as a command is no address. The package asks nobody.
package giturl

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
)

// The schemes.
const (
	HTTPS = "https"
	HTTP  = "http"
	SSH   = "ssh"
	File  = "file"
)

// A URL is the address of one repository.
type URL struct {
	text   string
	Scheme string
	User   string // of ssh; empty: whoever ssh says
	Host   string // without port and brackets; empty with File
	Port   string // empty: the scheme's
	Path   string // as the other side is to see it
}

// String is the address as it was written.
func (u URL) String() string { return u.text }

// Name is the last part of the path without ".git": "petclinic".
func (u URL) Name() string {
	name := strings.TrimSuffix(path.Base(strings.TrimRight(u.Path, "/")), ".git")
	if name == "" || name == "." || name == "/" {
		return "repository"
	}
	return name
}

// VCS is the address as bills of materials have it: "git+https://host/path"
// (SPDX 2.3, 7.7).
func (u URL) VCS() string {
	if u.Scheme == SSH && !strings.Contains(u.text, "://") {
		host := u.Host
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		if u.User != "" {
			host = u.User + "@" + host
		}
		return "git+ssh://" + host + "/" + strings.TrimPrefix(u.Path, "/")
	}
	return "git+" + u.text
}

// Parse reads an address. A password in it is an error: addresses are in lock
// files and messages.
func Parse(s string) (URL, error) {
	for _, r := range s {
		if r <= ' ' || r == 0x7f {
			return URL{}, fmt.Errorf("%q has white space or control characters", s)
		}
	}
	scheme, _, isURL := strings.Cut(s, "://")
	switch {
	case namesHelper(s):
		return URL{}, fmt.Errorf("%q names a helper program of git", s)
	case isURL:
		return parseURL(s, strings.ToLower(scheme))
	case strings.Contains(s, ":"):
		return parseShort(s)
	}
	return URL{}, fmt.Errorf("%q is not the address of a git repository", s)
}

// namesHelper reports whether git would start git-remote-NAME for NAME::ADDRESS.
func namesHelper(s string) bool {
	name, _, ok := strings.Cut(s, "::")
	return ok && !strings.ContainsAny(name, "/[@")
}

func parseURL(s, scheme string) (URL, error) {
	p, err := url.Parse(s)
	if err != nil {
		return URL{}, fmt.Errorf("%q is not a URL", redacted(s))
	}
	u := URL{text: s, Scheme: scheme, Host: p.Hostname(), Port: p.Port(), Path: p.Path}
	_, password := p.User.Password()
	switch {
	case password:
		return URL{}, errPassword
	case p.RawQuery != "" || p.Fragment != "":
		return URL{}, fmt.Errorf("%q has a query or a fragment", s)
	case scheme == File:
		if u.Host != "" || p.User != nil || !path.IsAbs(u.Path) {
			return URL{}, fmt.Errorf("%q is no absolute path of this machine", s)
		}
		return u, nil
	case scheme == SSH:
		u.User = p.User.Username()
		if strings.HasPrefix(u.Path, "/~") { // as git has it: a home of the other side
			u.Path = u.Path[1:]
		}
	case scheme != HTTPS && scheme != HTTP:
		return URL{}, fmt.Errorf("repositories of the kind %q are not fetched", scheme)
	case p.User != nil:
		return URL{}, errPassword
	}
	return u, u.check()
}

// errPassword is the error of an address that has a password, or a user where
// that is half of one.
var errPassword = errors.New("the address holds a user or a password")

// HasPassword reports whether Parse refused an address for what it gives away.
func HasPassword(err error) bool { return errors.Is(err, errPassword) }

func redacted(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		scheme, _, _ := strings.Cut(s, "://")
		return scheme + "://…" + s[i:]
	}
	return s
}

// parseShort reads user@host:path.
func parseShort(s string) (URL, error) {
	where, rest, _ := strings.Cut(s, ":")
	if strings.HasPrefix(s, "[") || strings.Contains(s, "@[") { // an IPv6 address
		if end := strings.Index(s, "]:"); end > 0 {
			where, rest = s[:end+1], s[end+2:]
		}
	}
	u := URL{text: s, Scheme: SSH, Host: where, Path: rest}
	if user, host, ok := strings.Cut(where, "@"); ok {
		u.User, u.Host = user, host
		if user == "" {
			return URL{}, fmt.Errorf("%q has no user before the @", s)
		}
	}
	if strings.Contains(where, "/") {
		return URL{}, fmt.Errorf("%q is not the address of a git repository", s)
	}
	u.Host = strings.TrimSuffix(strings.TrimPrefix(u.Host, "["), "]")
	return u, u.check()
}

// check refuses what programs would take for something else.
func (u URL) check() error {
	switch {
	case u.Host == "" || strings.ContainsAny(u.Host, "@/\\%[]"):
		return fmt.Errorf("%q has no host", u.text)
	case strings.HasPrefix(u.Host, "-"), strings.HasPrefix(u.User, "-"), strings.HasPrefix(u.Path, "-"):
		return fmt.Errorf("%q would be taken for an option", u.text)
	case strings.Trim(u.Path, "/") == "":
		return fmt.Errorf("%q has no path", u.text)
	case strings.ContainsAny(u.Path, "\x00\n\r"):
		return fmt.Errorf("%q has control characters in its path", u.text)
	}
	return nil
}

// Submodule is the address that a .gitmodules file gives a submodule: that of
// another repository, or relative to u (gitmodules(5)). A remote repository cannot
// name one of this machine.
func (u URL) Submodule(ref string) (URL, error) {
	if !strings.HasPrefix(ref, "./") && !strings.HasPrefix(ref, "../") {
		sub, err := Parse(ref)
		if err == nil && sub.Scheme == File && u.Scheme != File {
			return URL{}, fmt.Errorf("%q is a directory of this machine, which a repository from elsewhere may not name", ref)
		}
		return sub, err
	}
	base := strings.TrimRight(u.text, "/")
	rest, sep := ref, "/"
	for {
		if r, ok := strings.CutPrefix(rest, "./"); ok {
			rest = r
			continue
		}
		r, ok := strings.CutPrefix(rest, "../")
		if !ok {
			break
		}
		rest = r
		i := strings.LastIndexAny(base, "/:")
		if i <= 0 || strings.HasSuffix(base[:i], "/") || strings.HasSuffix(base[:i], ":") {
			return URL{}, fmt.Errorf("%q climbs out of %s", ref, u)
		}
		base, sep = base[:i], base[i:i+1]
	}
	return Parse(base + sep + rest)
}

// CheckRef refuses what cannot be the name of a tag or branch
// (git-check-ref-format(1)).
func CheckRef(name string) error {
	bad := name == "" || name == "@" || strings.HasPrefix(name, "-") || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") ||
		strings.HasSuffix(name, ".") || strings.Contains(name, "..") || strings.Contains(name, "//") || strings.Contains(name, "@{") ||
		strings.ContainsAny(name, " ~^:?*[\\")
	for part := range strings.SplitSeq(name, "/") {
		bad = bad || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock")
	}
	for _, r := range name {
		bad = bad || r < ' ' || r == 0x7f
	}
	if bad {
		return fmt.Errorf("%q cannot be the name of a tag or branch", name)
	}
	return nil
}
